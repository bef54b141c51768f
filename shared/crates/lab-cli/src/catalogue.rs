//! The catalogue: every lab, as declared in its own manifest. All lists of labs are derived from it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lab_results::Gate;
use serde::Deserialize;

use crate::error::Usage;
use crate::workspace::Workspace;

/// A lab, from `labs/<name>/Cargo.toml`.
#[derive(Debug, Clone)]
pub struct Lab {
    /// `lab-01-string-building`: progress is kept by it.
    pub name: String,
    /// 1
    pub number: u32,
    /// `string-building`
    pub slug: String,
    /// The one-line symptom.
    pub symptom: String,
    /// The lab's folder.
    pub folder: PathBuf,
    /// The rest of the declaration.
    pub meta: Metadata,
}

/// `[package.metadata.lab]`; unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The curriculum's part, 1 to 4.
    pub part: u8,
    /// How long a learner should plan.
    pub minutes: u32,
    /// How it is run and judged.
    pub kind: Kind,
    /// The file that the learner edits.
    pub edit: String,
    /// Tools that show the fault, for the table.
    pub tools: Vec<String>,
    /// What the lab needs beyond Rust and a C compiler: `database`, `async`.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// The function that a CPU profile must name.
    pub culprit: String,
    /// Kernel labs: the contract's type, as a path in the crate.
    pub contract: Option<String>,
    /// Kernel labs: the function under test, as a path in the crate.
    pub function: Option<String>,
    /// The speed-up that a learner's time must show; only where it is far beyond any noise.
    pub faster: Option<f64>,
    /// Limits on deterministic counts.
    pub gates: Vec<Gate>,
}

/// How a lab is run and judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A pure function, timed in one process with baseline and reference.
    Kernel,
    /// Code over a database, one process for each subject in turns.
    Store,
    /// A service on a socket, driven by the baseline's generator.
    Service,
}

/// What a lab needs beyond Rust and a C compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// SQLite (embedded) or PostgreSQL.
    Database,
    /// Tasks to look at with tokio-console.
    Async,
}

/// A lab's solution, from `solutions/<name>/Cargo.toml`.
#[derive(Debug, Clone)]
pub struct Solution {
    /// `solution-01-string-building`
    pub name: String,
    /// The solution's folder.
    pub folder: PathBuf,
    /// What fixes it, in one line.
    pub fix: String,
    /// The rest of the declaration.
    pub meta: SolutionMetadata,
}

/// `[package.metadata.solution]`; unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolutionMetadata {
    /// The least that any solution could cost, for the record.
    pub floor: String,
    /// The graded diagnosis.
    pub diagnosis: Vec<Question>,
}

/// One question of the diagnosis.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question.
    pub question: String,
    /// What there is to choose from.
    pub choices: Vec<String>,
    /// The right choice, counted from 1.
    pub answer: usize,
    /// Why it is right.
    pub because: String,
}

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    metadata: Sections,
}

#[derive(Default, Deserialize)]
struct Sections {
    lab: Option<Metadata>,
    solution: Option<SolutionMetadata>,
}

/// All labs, by number.
pub fn labs(workspace: &Workspace) -> Result<Vec<Lab>> {
    let folder = workspace.root.join("labs");
    let entries = std::fs::read_dir(&folder)
        .with_context(|| format!("Cannot read {}: is this a complete checkout?", folder.display()))?;
    let mut labs = Vec::new();
    for entry in entries {
        let folder = entry?.path();
        if folder.join("Cargo.toml").is_file() {
            labs.push(lab(&folder)?);
        }
    }
    labs.sort_by_key(|lab| lab.number);
    Ok(labs)
}

/// The lab declared in a folder.
pub fn lab(folder: &Path) -> Result<Lab> {
    declared(folder, &manifest_text(folder)?)
}

/// The lab that a manifest's text declares.
pub fn declared(folder: &Path, text: &str) -> Result<Lab> {
    let problem = |what: &str| format!("{}: {what}", folder.join("Cargo.toml").display());
    let package = toml::from_str::<Manifest>(text).with_context(|| problem("does not declare what it must"))?.package;
    let meta = package.metadata.lab.with_context(|| problem("no [package.metadata.lab]"))?;
    let (number, slug) = split_name(&package.name).with_context(|| problem("the package is not named lab-NN-slug"))?;
    if meta.kind == Kind::Kernel && (meta.contract.is_none() || meta.function.is_none()) {
        anyhow::bail!(problem("a kernel lab names its `contract` and `function`"));
    }
    Ok(Lab {
        number,
        slug: slug.to_string(),
        name: package.name,
        symptom: package.description,
        folder: folder.to_path_buf(),
        meta,
    })
}

/// The solution of a lab.
pub fn solution(workspace: &Workspace, lab: &Lab) -> Result<Solution> {
    let folder = workspace.root.join("solutions").join(lab.solution_name());
    let problem = |what: &str| format!("{}: {what}", folder.join("Cargo.toml").display());
    let text = manifest_text(&folder)?;
    let package = toml::from_str::<Manifest>(&text).with_context(|| problem("does not declare what it must"))?.package;
    let meta = package.metadata.solution.with_context(|| problem("no [package.metadata.solution]"))?;
    Ok(Solution { name: package.name, folder, fix: package.description, meta })
}

/// The lab that somebody means by `3`, `03`, `lab-03`, `blocked-runtime` or `lab-03-blocked-runtime`.
pub fn find(workspace: &Workspace, wanted: &str) -> Result<Lab> {
    let labs = labs(workspace)?;
    let word = wanted.trim().to_lowercase();
    let number = word.strip_prefix("lab-").unwrap_or(&word).parse::<u32>().ok();
    if let Some(lab) = labs.iter().find(|lab| Some(lab.number) == number || lab.name == word || lab.slug == word) {
        return Ok(lab.clone());
    }
    Err(Usage(unknown(&labs, wanted, number)).into())
}

fn unknown(labs: &[Lab], wanted: &str, number: Option<u32>) -> String {
    let nearest = match number {
        Some(number) => labs.iter().min_by_key(|lab| lab.number.abs_diff(number)),
        None => labs.iter().min_by(|a, b| distance(wanted, a).total_cmp(&distance(wanted, b))),
    };
    match nearest {
        None => "there is no lab in labs/: is this a complete checkout?".into(),
        Some(lab) => format!(
            "there is no lab `{wanted}`; the nearest is {:02} ({}). `cargo lab list` shows all",
            lab.number, lab.slug
        ),
    }
}

fn distance(wanted: &str, lab: &Lab) -> f64 {
    1.0 - strsim::jaro_winkler(wanted, &lab.slug).max(strsim::jaro_winkler(wanted, &lab.name))
}

fn manifest_text(folder: &Path) -> Result<String> {
    let path = folder.join("Cargo.toml");
    std::fs::read_to_string(&path)
        .with_context(|| format!("Cannot read {}: restore the folder, with git or from the archive", path.display()))
}

fn split_name(name: &str) -> Option<(u32, &str)> {
    let (number, slug) = name.strip_prefix("lab-")?.split_once('-')?;
    (number.len() == 2).then_some((number.parse().ok()?, slug))
}

impl Metadata {
    /// Whether the lab's programs open a database.
    pub fn uses_database(&self) -> bool {
        self.needs.contains(&Need::Database)
    }
}

impl Lab {
    /// `01`
    pub fn nn(&self) -> String {
        format!("{:02}", self.number)
    }

    /// `solution-01-string-building`
    pub fn solution_name(&self) -> String {
        format!("solution-{}-{}", self.nn(), self.slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_number_and_a_slug() {
        assert_eq!(split_name("lab-04-n-plus-one"), Some((4, "n-plus-one")));
        assert_eq!(split_name("lab-4-n-plus-one"), None);
        assert_eq!(split_name("solution-04-n-plus-one"), None);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = toml::from_str::<Metadata>("part = 1\nminuets = 30").expect_err("a typing error");
        assert!(error.to_string().contains("minuets"), "{error}");
    }
}
