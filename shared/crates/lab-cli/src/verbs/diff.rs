//! `lab diff`: what the solution changes in the file that the learner edits.

use anyhow::{Context, Result};
use serde_json::json;
use similar::{ChangeTag, TextDiff};

use crate::catalogue::{self, Lab, Solution};
use crate::pristine;
use crate::progress;
use crate::say;
use crate::terminal::{BAD, GOOD, HEADING, QUIET, paint, print_json};
use crate::workspace::Workspace;

/// What fixes the lab in one line, and the difference between the pristine lab and its solution.
pub fn unified(workspace: &Workspace, lab: &Lab) -> Result<(String, String)> {
    let Changed { solution, names: [old, new], before, after } = changed(workspace, lab)?;
    let diff = TextDiff::from_lines(&before, &after);
    Ok((solution.fix, diff.unified_diff().context_radius(3).header(&old, &new).to_string()))
}

/// The file that a learner edits, pristine and in the solution.
struct Changed {
    solution: Solution,
    names: [String; 2],
    before: String,
    after: String,
}

fn changed(workspace: &Workspace, lab: &Lab) -> Result<Changed> {
    let solution = catalogue::solution(workspace, lab)?;
    let mut files = pristine::files(workspace, lab)?;
    let before = files.remove(&lab.meta.edit).with_context(|| format!("{} has no {}", lab.name, lab.meta.edit))?;
    let path = solution.folder.join(&lab.meta.edit);
    let after = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", workspace.show(&path)))?;
    let names = [format!("labs/{}/{}", lab.name, lab.meta.edit), workspace.show(&path)];
    Ok(Changed { solution, names, before: String::from_utf8(before)?, after })
}

/// Prints the difference between the pristine lab and its solution.
pub fn show(workspace: &Workspace, lab: &Lab, json: bool) -> Result<u8> {
    progress::update(workspace, &lab.name, |progress| progress.saw_solution = true)?;
    if json {
        let (fix, text) = unified(workspace, lab)?;
        print_json(&json!({ "lab": lab.name, "fix": fix, "diff": text }))?;
        return Ok(0);
    }
    let Changed { solution, names: [old, new], before, after } = changed(workspace, lab)?;
    let diff = TextDiff::from_lines(&before, &after);
    say!("{}", paint(HEADING, &solution.fix));
    say!("{}", paint(BAD, format!("--- {old}")));
    say!("{}", paint(GOOD, format!("+++ {new}")));
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        say!("{}", paint(QUIET, hunk.header()));
        for change in hunk.iter_changes() {
            let line = change.value().trim_end_matches('\n');
            match change.tag() {
                ChangeTag::Delete => say!("{}", paint(BAD, format!("-{line}"))),
                ChangeTag::Insert => say!("{}", paint(GOOD, format!("+{line}"))),
                ChangeTag::Equal => say!(" {line}"),
            }
        }
    }
    say!();
    say!("Why: {}", workspace.show(&solution.folder.join("README.md")));
    Ok(0)
}
