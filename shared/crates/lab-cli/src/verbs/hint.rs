//! `lab hint`: one level at a time. Use is recorded and shown, never blocked.

use anyhow::{Context, Result};

use crate::catalogue::Lab;
use crate::progress;
use crate::say;
use crate::terminal::{COMMAND, HEADING, paint, print_json};
use crate::workspace::Workspace;

/// What each level gives away.
const LEVELS: [&str; 4] = ["the symptom", "which tool", "where to look", "the approach"];

/// Prints the next hint, or the one asked for.
pub fn show(workspace: &Workspace, lab: &Lab, level: Option<u8>, json: bool) -> Result<u8> {
    let read = progress::load(workspace)?.get(&lab.name).map_or(0, |progress| progress.hints);
    let level = level.unwrap_or((read + 1).min(4));
    let path = lab.folder.join("hints").join(format!("{level}.md"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", workspace.show(&path)))?;
    progress::update(workspace, &lab.name, |progress| progress.hints = progress.hints.max(level))?;
    if json {
        print_json(&serde_json::json!({ "lab": lab.name, "level": level, "text": text }))?;
        return Ok(0);
    }
    say!("{}", paint(HEADING, format!("Hint {level} of 4: {}", LEVELS[usize::from(level) - 1])));
    say!();
    say!("{}", text.trim_end());
    say!();
    match level {
        4 => say!("That was the last one. The whole answer: {}", paint(COMMAND, format!("make diff-{}", lab.nn()))),
        _ => say!("Try it; the next one is {}", paint(COMMAND, format!("make hint-{}", lab.nn()))),
    }
    Ok(0)
}
