//! What is derived from the catalogue: the workspace's members, the table in README.md, the pristine hashes, the seal on what judges.

use std::process::Stdio;

use anyhow::{Context, Result};

use super::page::{self, between};
use super::{figures, half_fixes};
use lab_core::cargo::{self, Build};
use lab_core::catalogue::{self, Lab};
use lab_core::pristine;
use lab_core::say;
use lab_core::seal;
use lab_core::workspace::{Workspace, write_if_changed};

const BEGIN: &str = "<!-- labs:begin, written by `cargo lab dev update` -->";
const END: &str = "<!-- labs:end -->";

const MANIFEST: &str = "Cargo.toml";
const BOOK: &str = "shared/book/src";
const MEMBERS_BEGIN: &str = "# labs:begin, written by `cargo lab dev update`";
const MEMBERS_END: &str = "    # labs:end";

/// What is measured as well, and recorded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    /// The solution's verification.
    pub figures: bool,
    /// What each known half fix misses.
    pub half_fixes: bool,
}

/// Writes all derived files; also what is measured, of one lab or of all.
pub fn run(workspace: &Workspace, measured: Measured, only: Option<&str>) -> Result<u8> {
    let only = only.map(|wanted| catalogue::find(workspace, wanted)).transpose()?;
    // The manifest first: it is under the seal.
    write_if_changed(&workspace.root.join(MANIFEST), manifest(workspace)?.as_bytes())?;
    lock_new_members(workspace);
    for (path, text) in derived(workspace)? {
        write_if_changed(&workspace.root.join(&path), text.as_bytes())?;
        say!("{path} is up to date");
    }
    for lab in only.map_or_else(|| catalogue::labs(workspace), |lab| Ok(vec![lab]))? {
        if measured.figures {
            figures::record(workspace, &lab)?;
        }
        if measured.half_fixes {
            half_fixes::record(workspace, &lab)?;
        }
    }
    Ok(0)
}

/// Cargo writes what is new into its lock file at the next build. That file is under the seal, so it has to be written before. Where Cargo
/// cannot do it, as in a checkout that has not all members, the next build and another update do.
fn lock_new_members(workspace: &Workspace) {
    let arguments = ["--offline", "--format-version", "1"].map(String::from).into();
    let mut metadata = cargo::command(workspace, "metadata", &Build { arguments, ..Build::default() });
    let _ = metadata.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// Derived files that are not what they would be now, one sentence each.
pub fn stale(workspace: &Workspace) -> Result<Vec<String>> {
    let mut stale = Vec::new();
    for (path, text) in derived(workspace)? {
        let found = std::fs::read_to_string(workspace.root.join(&path)).unwrap_or_default();
        if found == text {
            continue;
        }
        let is_learners = path == pristine::LOCK && std::env::var_os("LAB_CI").is_none();
        if is_learners {
            // Whoever solves labs edits them; only whoever writes them must record that.
            say!("A lab's sources are edited. If you are writing it: `cargo lab dev update`.");
        } else {
            stale.push(format!("{path} is stale: run `cargo lab dev update`"));
        }
    }
    Ok(stale)
}

fn derived(workspace: &Workspace) -> Result<Vec<(String, String)>> {
    let labs = catalogue::labs(workspace)?;
    let readme = std::fs::read_to_string(workspace.root.join("README.md")).context("Cannot read README.md")?;
    let mut derived = vec![
        (MANIFEST.into(), manifest(workspace)?),
        ("README.md".into(), between(&readme, BEGIN, END, &table(&labs)).context("README.md lacks its labs markers")?),
        (pristine::LOCK.into(), pristine::lock_text(&labs)?),
        (seal::SEAL.into(), seal::text(workspace, &labs)?),
    ];
    derived.extend(quoting(workspace)?);
    Ok(derived)
}

/// The pages of the book that repeat what is recorded elsewhere.
fn quoting(workspace: &Workspace) -> Result<Vec<(String, String)>> {
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(workspace.root.join(BOOK)).with_context(|| format!("Cannot read {BOOK}"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            let path = format!("{BOOK}/{name}");
            let text =
                std::fs::read_to_string(workspace.root.join(&path)).with_context(|| format!("Cannot read {path}"))?;
            if text.contains(page::QUOTED) {
                pages.push((path, page::with_quoted(workspace, &text)?));
            }
        }
    }
    Ok(pages)
}

/// The workspace's manifest with every lab and every solution among its members.
fn manifest(workspace: &Workspace) -> Result<String> {
    let text = std::fs::read_to_string(workspace.root.join(MANIFEST)).context("Cannot read Cargo.toml")?;
    let mut members = String::new();
    for parent in ["labs", "solutions"] {
        let entries =
            std::fs::read_dir(workspace.root.join(parent)).with_context(|| format!("Cannot read {parent}"))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|folder| folder.join(MANIFEST).is_file())
            .filter_map(|folder| Some(folder.file_name()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        names.iter().for_each(|name| members.push_str(&format!("    \"{parent}/{name}\",\n")));
    }
    between(&text, MEMBERS_BEGIN, MEMBERS_END, &members).context("Cargo.toml lacks its labs markers")
}

fn table(labs: &[Lab]) -> String {
    let row = |lab: &Lab| {
        let link = format!("[{} {}](labs/{}/README.md)", lab.nn(), lab.slug, lab.name);
        [link, lab.meta.part.to_string(), lab.meta.minutes.to_string(), lab.symptom.clone(), lab.meta.tools.join(", ")]
    };
    page::table(["lab", "part", "min", "symptom", "look with"], labs.iter().map(row))
}
