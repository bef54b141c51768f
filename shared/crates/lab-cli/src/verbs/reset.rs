//! `lab reset`: the lab as it was, and a copy of the attempt.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde_json::json;

use crate::catalogue::Lab;
use crate::pristine;
use crate::say;
use crate::terminal::{COMMAND, paint, print_json};
use crate::workspace::{Workspace, write_atomically};

/// Keeps every file that differs from the pristine ones, then puts the pristine ones back.
pub fn run(workspace: &Workspace, lab: &Lab, json: bool) -> Result<u8> {
    let pristine = pristine::files(workspace, lab)?;
    let current = pristine::current(lab)?;
    let edited: Vec<_> = current.iter().filter(|(path, text)| pristine.get(*path) != Some(*text)).collect();
    let missing = pristine.keys().any(|path| !current.contains_key(path));
    if edited.is_empty() && !missing {
        if json {
            print_json(&json!({ "lab": lab.name, "kept": null }))?;
        } else {
            say!("{} is untouched: there is nothing to reset.", lab.name);
        }
        return Ok(0);
    }
    let attempts = workspace.state.join("attempts").join(&lab.name);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    // Two resets within a second get two folders.
    let kept = (0..).map(|i| attempts.join(format!("{}", seconds + i))).find(|folder| !folder.exists());
    let kept = kept.unwrap_or(attempts);
    for (path, text) in &edited {
        write_atomically(&kept.join(path), text)?;
    }
    // Only now that every edit is kept does anything in the lab change.
    for (path, _) in edited.iter().filter(|(path, _)| !pristine.contains_key(*path)) {
        std::fs::remove_file(lab.folder.join(path))?;
    }
    for (path, text) in &pristine {
        if current.get(path) != Some(text) {
            write_atomically(&lab.folder.join(path), text)?;
        }
    }
    let shown = workspace.show(&kept);
    if json {
        print_json(&json!({ "lab": lab.name, "kept": shown }))?;
    } else {
        say!("{} is as it was. Your attempt is kept in {shown}.", lab.name);
        say!("Start over: {}", paint(COMMAND, format!("make lab-{}", lab.nn())));
    }
    Ok(0)
}
