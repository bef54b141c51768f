//! `lab hint`: one level at a time. Use is recorded and shown, never blocked.

use anyhow::{Context, Result};

use crate::catalogue::Lab;
use crate::progress;
use crate::say;
use crate::terminal::{COMMAND, HEADING, paint, print_json};
use crate::workspace::Workspace;

/// What each level gives away.
const LEVELS: [&str; 4] = ["the symptom", "which tool", "where to look", "the approach"];

/// A hint that was read.
#[derive(Debug, Clone)]
pub struct Hint {
    /// 1 to 4.
    pub level: u8,
    /// The text, in Markdown.
    pub text: String,
}

impl Hint {
    /// Which one it is, and what it gives away.
    pub fn title(&self) -> String {
        format!("Hint {} of 4: {}", self.level, LEVELS[usize::from(self.level) - 1])
    }
}

/// The next hint, or the one asked for; from now on it counts as read.
pub fn read(workspace: &Workspace, lab: &Lab, level: Option<u8>) -> Result<Hint> {
    let read = progress::load(workspace)?.get(&lab.name).map_or(0, |progress| progress.hints);
    let level = level.unwrap_or((read + 1).min(4));
    let path = lab.folder.join("hints").join(format!("{level}.md"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", workspace.show(&path)))?;
    progress::update(workspace, &lab.name, |progress| progress.hints = progress.hints.max(level))?;
    Ok(Hint { level, text })
}

/// Prints the next hint, or the one asked for.
pub fn show(workspace: &Workspace, lab: &Lab, level: Option<u8>, json: bool) -> Result<u8> {
    let hint = read(workspace, lab, level)?;
    let Hint { level, text } = &hint;
    if json {
        print_json(&serde_json::json!({ "lab": lab.name, "level": level, "text": text }))?;
        return Ok(0);
    }
    say!("{}", paint(HEADING, hint.title()));
    say!();
    say!("{}", text.trim_end());
    say!();
    match level {
        4 => say!("That was the last one. The whole answer: {}", paint(COMMAND, format!("make diff-{}", lab.nn()))),
        _ => say!("Try it; the next one is {}", paint(COMMAND, format!("make hint-{}", lab.nn()))),
    }
    Ok(0)
}
