//! `lab diff`: what the solution changes in the file that the learner edits.

use anyhow::{Context, Result};
use serde_json::json;
use similar::{ChangeTag, TextDiff};

use crate::catalogue::{self, Lab};
use crate::pristine;
use crate::progress;
use crate::say;
use crate::terminal::{BAD, GOOD, HEADING, QUIET, paint, print_json};
use crate::workspace::Workspace;

/// Prints the difference between the pristine lab and its solution.
pub fn show(workspace: &Workspace, lab: &Lab, json: bool) -> Result<u8> {
    let solution = catalogue::solution(workspace, lab)?;
    let files = pristine::files(workspace, lab)?;
    let before = files.get(&lab.meta.edit).with_context(|| format!("{} has no {}", lab.name, lab.meta.edit))?;
    let before = std::str::from_utf8(before)?;
    let path = solution.folder.join(&lab.meta.edit);
    let after = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", workspace.show(&path)))?;
    progress::update(workspace, &lab.name, |progress| progress.saw_solution = true)?;
    let diff = TextDiff::from_lines(before, after.as_str());
    let (old, new) = (format!("labs/{}/{}", lab.name, lab.meta.edit), workspace.show(&path));
    if json {
        let text = diff.unified_diff().context_radius(3).header(&old, &new).to_string();
        print_json(&json!({ "lab": lab.name, "fix": solution.fix, "diff": text }))?;
        return Ok(0);
    }
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
