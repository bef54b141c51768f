//! The pristine copy of a lab: what the baseline and the judge are made of, whatever has been edited since.
//!
//! `labs/pristine.sha256` (in `sha256sum`'s format, written by `lab dev update`) says what pristine is. A file with that hash is
//! taken from the learner's folder while it is untouched there, else from the copy kept at the first touch, else from
//! the repository's history.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::catalogue::Lab;
use crate::workspace::{Workspace, write_if_changed};

/// A lab's files, by path within its folder.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The file that says what pristine is.
pub const LOCK: &str = "labs/pristine.sha256";

/// The pristine files of a lab: manifest, sources, benches. Keeps a copy at the first touch.
pub fn files(workspace: &Workspace, lab: &Lab) -> Result<Files> {
    let kept = kept_folder(workspace, lab);
    let mut files = Files::new();
    for (path, hash) in locked(workspace, lab)? {
        let in_folder = lab.folder.join(&path);
        let found = [in_folder, kept.join(&path)]
            .into_iter()
            .find_map(|candidate| std::fs::read(candidate).ok().filter(|bytes| sha256(bytes) == hash))
            .or_else(|| from_history(workspace, &format!("labs/{}/{path}", lab.name), &hash));
        let Some(bytes) = found else {
            bail!(
                "labs/{}/{path} is not the original, and neither the copies in .lab/ nor a git history have it. \
                 If you are writing this lab: `cargo lab dev update`. If you edited it before its first run: keep your file, \
                 put the original back from the archive you downloaded, run `cargo lab reproduce {}` once, then put yours back",
                lab.name,
                lab.nn()
            );
        };
        write_if_changed(&kept.join(&path), &bytes)?;
        files.insert(path, bytes);
    }
    Ok(files)
}

/// Keeps a pristine copy of every lab that is still untouched, so that an archive without git works as well as a clone.
pub fn keep_all(workspace: &Workspace, labs: &[Lab]) {
    for lab in labs {
        if !kept_folder(workspace, lab).join("Cargo.toml").is_file() {
            // A lab that was edited already is reported when it is verified, not now.
            let _ = files(workspace, lab);
        }
    }
}

/// The learner's files, as they are now.
pub fn current(lab: &Lab) -> Result<Files> {
    let mut files = Files::new();
    for part in ["Cargo.toml", "src", "benches"] {
        collect(&lab.folder, &lab.folder.join(part), &mut files)?;
    }
    Ok(files)
}

/// All files below `path`, keyed by their path within `root`, with `/` between folders.
pub fn collect(root: &Path, path: &Path, files: &mut Files) -> Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(root, &entry?.path(), files)?;
        }
    } else if path.is_file() {
        let relative = path.strip_prefix(root).expect("the walk started at root");
        let key = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        files.insert(key, std::fs::read(path).with_context(|| format!("Cannot read {}", path.display()))?);
    }
    Ok(())
}

/// The text of the lock file for the labs as they are now.
pub fn lock_text(labs: &[Lab]) -> Result<String> {
    let mut text = String::new();
    for lab in labs {
        for (path, bytes) in current(lab)? {
            text.push_str(&format!("{}  labs/{}/{path}\n", sha256(&bytes), lab.name));
        }
    }
    Ok(text)
}

/// Hex digits of a file's SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn locked(workspace: &Workspace, lab: &Lab) -> Result<Vec<(String, String)>> {
    let path = workspace.root.join(LOCK);
    let text = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", path.display()))?;
    let prefix = format!("labs/{}/", lab.name);
    let entries: Vec<_> = text
        .lines()
        .filter_map(|line| line.split_once("  "))
        .filter_map(|(hash, path)| Some((path.strip_prefix(&prefix)?.to_string(), hash.to_string())))
        .collect();
    if entries.is_empty() {
        bail!("{LOCK} does not know {}: if you are writing this lab, run `cargo lab dev update`", lab.name);
    }
    Ok(entries)
}

fn kept_folder(workspace: &Workspace, lab: &Lab) -> PathBuf {
    workspace.state.join("pristine").join(&lab.name)
}

/// The newest version of a file in the repository's history that has the hash. Also finds it after the learner committed a fix.
fn from_history(workspace: &Workspace, path: &str, hash: &str) -> Option<Vec<u8>> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(&workspace.root)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        output.status.success().then_some(output.stdout)
    };
    let commits = String::from_utf8(git(&["log", "--format=%H", "--max-count=200", "--", path])?).ok()?;
    commits.lines().find_map(|commit| {
        // `./` makes the path relative to the checkout, which need not be the repository's top.
        git(&["show", &format!("{commit}:./{path}")]).filter(|bytes| sha256(bytes) == hash)
    })
}
