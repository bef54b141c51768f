//! `lab reset`: the lab as it was, and a copy of the attempt.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::json;

use lab_core::catalogue::Lab;
use lab_core::pristine::{self, InFolder};
use lab_core::say;
use lab_core::terminal::{COMMAND, paint, print_json};
use lab_core::workspace::{Workspace, create_folder, write_atomically};

/// Keeps every file that differs from the pristine ones, then puts the pristine ones back.
pub fn run(workspace: &Workspace, lab: &Lab, json: bool) -> Result<u8> {
    let pristine = pristine::files(workspace, lab)?;
    let InFolder { files: current, odd } = pristine::found(lab)?;
    let edited: Vec<_> = current.iter().filter(|(path, text)| pristine.get(*path) != Some(*text)).collect();
    let missing: Vec<&String> =
        pristine.keys().filter(|path| !current.contains_key(*path) && !odd.iter().any(|(it, _)| it == *path)).collect();
    let kept = (!edited.is_empty() || !odd.is_empty()).then(|| attempt_folder(workspace, lab));
    if let Some(kept) = &kept {
        for (path, text) in &edited {
            write_atomically(&kept.join(path), text)?;
        }
        // Only now that every edit is kept does anything in the lab change.
        for (path, _) in &odd {
            move_away(&lab.folder.join(path), &kept.join(path))?;
        }
        for (path, _) in edited.iter().filter(|(path, _)| !pristine.contains_key(*path)) {
            std::fs::remove_file(lab.folder.join(path))?;
        }
    }
    for (path, text) in pristine.iter().filter(|(path, text)| current.get(*path) != Some(*text)) {
        write_atomically(&lab.folder.join(path), text)?;
    }
    let shown = kept.map(|kept| workspace.show(&kept));
    if json {
        print_json(&json!({ "lab": lab.name, "kept": shown }))?;
        return Ok(0);
    }
    match shown {
        None if missing.is_empty() => {
            say!("{} is untouched: there is nothing to reset.", lab.name);
            return Ok(0);
        }
        None => {
            let missing: Vec<&str> = missing.into_iter().map(String::as_str).collect();
            say!("{} is as it was: {} had gone and is back. Nothing else was edited.", lab.name, missing.join(", "));
        }
        Some(shown) => say!("{} is as it was. Your attempt is kept in {shown}.", lab.name),
    }
    say!("Start over: {}", paint(COMMAND, format!("make lab-{}", lab.nn())));
    Ok(0)
}

/// A folder of its own for each attempt: two resets within a second get two.
fn attempt_folder(workspace: &Workspace, lab: &Lab) -> PathBuf {
    let attempts = workspace.state.join("attempts").join(&lab.name);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let folders = (0..).map(|i| attempts.join(format!("{}", seconds + i)));
    folders.into_iter().find(|folder| !folder.exists()).unwrap_or(attempts)
}

/// Moves a folder, a link or whatever else stands in a source's place; also to another disk.
fn move_away(from: &Path, to: &Path) -> Result<()> {
    let problem = || format!("Failed to move {} to {}", from.display(), to.display());
    create_folder(to.parent().context("an attempt's file has a folder")?)?;
    if std::fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let status = lab_core::child::tool("mv").arg("--").arg(from).arg(to).status().with_context(problem)?;
    status.success().then_some(()).with_context(problem)
}
