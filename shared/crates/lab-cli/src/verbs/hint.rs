//! `lab hint`: one level at a time. Use is recorded and shown, never blocked.

use anyhow::{Context, Result};
use lab_results::Progress;
use lab_results::progress::HINTS;

use lab_core::catalogue::Lab;
use lab_core::next;
use lab_core::progress;
use lab_core::say;
use lab_core::terminal::{COMMAND, HEADING, paint, print_json};
use lab_core::workspace::{Workspace, read_file};

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
    let level = match level {
        Some(level) => level,
        None => progress::of(workspace, &lab.name)?.next_hint(),
    };
    let path = lab.folder.join("hints").join(format!("{level}.md"));
    let text = read_file(&path).and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other));
    let text = text.with_context(|| format!("Cannot read {}", workspace.show(&path)))?;
    progress::note(workspace, &lab.name, |progress| progress.read_hint(level, progress::now()));
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
    say!("{}", after(lab, *level, &progress::of(workspace, &lab.name)?));
    Ok(0)
}

/// What the next hint is, and the command that opens exactly that one.
fn after(lab: &Lab, level: u8, progress: &Progress) -> String {
    let hint = paint(COMMAND, next::command(lab, "hint"));
    match (progress.read_so_far(), level) {
        (HINTS.., HINTS) if progress.solved => {
            format!("That was the last hint. The solution's change: {}", paint(COMMAND, next::command(lab, "diff")))
        }
        (HINTS.., HINTS) => {
            let solution = paint(COMMAND, next::command_with(lab, "diff", "--solution"));
            format!("That was the last hint. The solution's change: {solution} (asks first)")
        }
        (HINTS.., level) => {
            let following = paint(COMMAND, next::command_with(lab, "hint", &format!("--level {}", level + 1)));
            format!("You have read all four hints. The one after this: {following}")
        }
        (read, level) if level == read && progress.solved => format!("The next hint: {hint}"),
        (read, level) if level == read => format!("Try it first. The next hint: {hint}"),
        (read, _) => format!("The next hint that you have not read is hint {}: {hint}", read + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab_core::catalogue;

    #[test]
    fn the_command_below_a_hint_opens_what_it_names() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../labs/lab-01-string-building");
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("reads");
        let lab = catalogue::declared(&folder, &manifest).expect("is declared");
        let said = |level, hints, solved| {
            let progress = Progress { hints, solved, ..Progress::default() };
            anstream::adapter::strip_str(&after(&lab, level, &progress)).to_string()
        };
        assert_eq!(said(2, 2, false), "Try it first. The next hint: make hint-01");
        assert_eq!(said(2, 2, true), "The next hint: make hint-01");
        assert_eq!(said(1, 2, false), "The next hint that you have not read is hint 3: make hint-01");
        assert!(said(1, 4, false).ends_with("make hint-01 ARGS=\"--level 2\""));
        assert!(said(4, 4, false).ends_with("make diff-01 ARGS=--solution (asks first)"));
        assert!(said(4, 4, true).ends_with("make diff-01"));
    }
}
