//! The catalogue: every lab, as declared in its own manifest. All lists of labs are derived from it.

mod named;

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use self::named::{is_meant, meant, split_name, unknown};
use crate::error::Usage;
use crate::pristine;
use crate::workspace::Workspace;

pub use crate::lab::{Kind, Lab, Metadata, Need, Question, Solution, SolutionMetadata};

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

/// All labs, by number. One that is broken is named on standard error and left out: the others work.
pub fn labs(workspace: &Workspace) -> Result<Vec<Lab>> {
    let (labs, broken) = all(workspace)?;
    for broken in broken {
        crate::complain!("{}", broken.says());
    }
    Ok(labs)
}

/// A lab whose declaration cannot be read.
#[derive(Debug)]
pub struct Broken {
    /// Its folder's name.
    pub name: String,
    error: anyhow::Error,
}

impl Broken {
    /// What is wrong, and what mends it.
    pub fn says(&self) -> String {
        let reset =
            split_name(&self.name).map(|(number, _)| format!("; `make reset-{number:02}` puts the original back"));
        format!("{} is left out: {:#}{}", self.name, self.error, reset.unwrap_or_default())
    }
}

/// The labs that can be read, by number, and those that cannot.
pub fn all(workspace: &Workspace) -> Result<(Vec<Lab>, Vec<Broken>)> {
    let folder = workspace.root.join("labs");
    let entries = std::fs::read_dir(&folder)
        .with_context(|| format!("Cannot read {}: is this a complete checkout?", folder.display()))?;
    let (mut labs, mut broken) = (Vec::new(), Vec::new());
    for entry in entries {
        let entry = entry?;
        let folder = entry.path();
        if folder.join("Cargo.toml").symlink_metadata().is_err() {
            continue;
        }
        match lab(&folder) {
            Ok(lab) => labs.push(lab),
            Err(error) => broken.push(Broken { name: entry.file_name().to_string_lossy().into_owned(), error }),
        }
    }
    labs.sort_by_key(|lab| lab.number);
    Ok((labs, broken))
}

/// The lab that somebody means, as it was written: whatever its folder holds now.
pub fn original(workspace: &Workspace, wanted: &str) -> Result<Lab> {
    let (labs, _) = all(workspace)?;
    pristine::keep_all(workspace, &labs);
    let Some(name) = pristine::names(workspace)?.into_iter().find(|name| is_meant(name, wanted)) else {
        return find(workspace, wanted);
    };
    if let Some(lab) = labs.into_iter().find(|lab| lab.name == name) {
        return Ok(lab);
    }
    let folder = workspace.root.join("labs").join(&name);
    let manifest = pristine::file(workspace, &name, "Cargo.toml")?;
    declared(&folder, std::str::from_utf8(&manifest)?)
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
    if !matches!(meta.kind, Kind::Virtual | Kind::File) && meta.culprit.is_none() {
        anyhow::bail!(problem("a lab whose fault uses CPU time names its `culprit`"));
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

/// The lab that somebody means by `3`, `03`, `lab-03`, `blocked-runtime`, `lab-03-blocked-runtime`, its folder, or a part of its name
/// that no other lab has.
pub fn find(workspace: &Workspace, wanted: &str) -> Result<Lab> {
    let (labs, broken) = all(workspace)?;
    let names: Vec<(u32, &str)> = labs.iter().map(|lab| (lab.number, lab.slug.as_str())).collect();
    match meant(&names, wanted).as_slice() {
        [only] => Ok(labs[*only].clone()),
        [] => match broken.into_iter().find(|broken| is_meant(&broken.name, wanted)) {
            Some(broken) => anyhow::bail!("{}", broken.says()),
            None => Err(Usage(unknown(&labs, wanted)).into()),
        },
        several => {
            let candidates = several.iter().map(|&index| format!("{} ({})", labs[index].nn(), labs[index].slug));
            let candidates = candidates.collect::<Vec<_>>().join(", ");
            Err(Usage(format!("`{wanted}` is a part of more than one lab's name: {candidates}")).into())
        }
    }
}

fn manifest_text(folder: &Path) -> Result<String> {
    let path = folder.join("Cargo.toml");
    let problem = || format!("Cannot read {}: restore the folder, with git or from the archive", path.display());
    // Nobody may ever write to a pipe that lies in its place.
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        anyhow::bail!("{}", problem());
    }
    std::fs::read_to_string(&path).with_context(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_against_a_choice_is_said_for_each_wrong_one_and_for_no_other() {
        let question = |not_because: &[&str]| Question {
            question: "Where?".into(),
            choices: ["disk", "memory", "network"].map(String::from).into(),
            answer: 2,
            because: "it is".into(),
            not_because: not_because.iter().map(|words| words.to_string()).collect(),
        };
        let whole = question(&["no disk was read", "", "no packet was sent"]);
        assert_eq!(whole.problem(), None);
        assert_eq!(whole.against(3), Some("no packet was sent"));
        assert_eq!([0, 2, 4].map(|choice| whole.against(choice)), [None; 3]);
        assert_eq!(question(&[]).problem(), None, "an author need not say it");
        for (broken, word) in [
            (&["no disk", ""][..], "2 entries for 3 choices"),
            (&["no disk", "", ""], "nothing about \"network\""),
            (&["no disk", "no", "no packet"], "against the right choice"),
        ] {
            assert!(question(broken).problem().is_some_and(|problem| problem.contains(word)), "{broken:?}");
        }
    }

    #[test]
    fn a_pipe_in_the_place_of_a_manifest_is_waited_for_by_nobody() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("Cargo.toml");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs").success());
        let said = lab(folder.path()).expect_err("no manifest").to_string();
        assert!(said.contains("restore the folder"), "{said}");
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = toml::from_str::<Metadata>("part = 1\nminuets = 30").expect_err("a typing error");
        assert!(error.to_string().contains("minuets"), "{error}");
    }
}
