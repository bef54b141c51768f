//! `lab diff`: what the learner changed, and after SOLVED what the solution changes as well.
//!
//! Before a lab is SOLVED the solution is shown to nobody who has not asked for it twice.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::json;
use similar::{ChangeTag, TextDiff};

use lab_core::catalogue::{self, Lab};
use lab_core::error::Usage;
use lab_core::next;
use lab_core::pristine::{self, Files};
use lab_core::progress;
use lab_core::say;
use lab_core::terminal::{BAD, COMMAND, GOOD, HEADING, QUIET, paint, print, print_json};
use lab_core::workspace::Workspace;

/// Which change is shown: the learner's own until the lab is SOLVED, and from then on the solution's below it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The learner's, in any case.
    pub yours: bool,
    /// The solution's, in any case.
    pub solution: bool,
    /// Without asking.
    pub yes: bool,
    /// As JSON, which asks nothing.
    pub json: bool,
}

/// Prints one of the two, or both.
pub fn show(workspace: &Workspace, lab: &Lab, options: &Options) -> Result<u8> {
    let is_solved = progress::of(workspace, &lab.name)?.solved;
    let is_solution = options.solution || is_solved && !options.yours;
    if !is_solution {
        return show_yours(workspace, lab, options.json);
    }
    let changed = of_solution(workspace, lab)?;
    if !is_solved && !options.yes && !is_asked_for(lab, options.json)? {
        say!("Not shown. Your own change: {}", paint(COMMAND, next::command_with(lab, "diff", "--yours")));
        return Ok(0);
    }
    // Noted first: a reader who leaves early has seen it.
    progress::note(workspace, &lab.name, |progress| progress.look_at_solution(progress::now()));
    let solution = catalogue::solution(workspace, lab)?;
    if options.json {
        print_json(&json!({ "lab": lab.name, "of": "reference", "fix": solution.fix, "diff": changed.unified() }))?;
        return Ok(0);
    }
    if !options.solution {
        print_yours(workspace, lab, &of_learner(workspace, lab)?);
        say!();
    }
    say!("{}", paint(HEADING, format!("The solution: {}", solution.fix)));
    changed.print();
    say!();
    if options.solution {
        say!("Your own change: {}", paint(COMMAND, next::command_with(lab, "diff", "--yours")));
    }
    say!("Why this is the solution: {}", workspace.show(&solution.folder.join("README.md")));
    if is_solved {
        next::say_after(workspace, lab, "diff");
    }
    Ok(0)
}

/// What fixes the lab in one line, and the difference between the pristine lab and its solution.
pub fn unified(workspace: &Workspace, lab: &Lab) -> Result<(String, String)> {
    Ok((catalogue::solution(workspace, lab)?.fix, of_solution(workspace, lab)?.unified()))
}

/// Whether somebody who has not solved the lab wants to see the solution all the same. Without a terminal there is nobody to ask.
fn is_asked_for(lab: &Lab, json: bool) -> Result<bool> {
    let nn = lab.nn();
    let stdin = std::io::stdin();
    if json || !stdin.is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Usage(format!(
            "{} is not SOLVED yet. `cargo lab diff {nn} --solution --yes` shows the solution and notes that beside your result; \
             `cargo lab diff {nn} --yours` shows your own change",
            lab.name
        ))
        .into());
    }
    say!("{} is not SOLVED yet. If you look at the solution now, that is noted beside your result.", lab.name);
    print("Show the solution? y or n [n]: ");
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn show_yours(workspace: &Workspace, lab: &Lab, json: bool) -> Result<u8> {
    let changes = of_learner(workspace, lab)?;
    if json {
        let text: String = changes.iter().map(Changed::unified).collect();
        print_json(&json!({ "lab": lab.name, "of": "yours", "diff": text }))?;
        return Ok(0);
    }
    print_yours(workspace, lab, &changes);
    if !changes.is_empty() {
        say!();
        next::say_after(workspace, lab, "diff");
    }
    let solution = paint(COMMAND, next::command_with(lab, "diff", "--solution"));
    let asks = if next::is_solved(workspace, lab) { "" } else { " (asks first)" };
    say!("The solution's change: {solution}{asks}");
    Ok(0)
}

fn print_yours(workspace: &Workspace, lab: &Lab, changes: &[Changed]) {
    if changes.is_empty() {
        return say!("You have changed nothing in {} now. The file to edit: {}", lab.name, edited(workspace, lab));
    }
    say!("{}", paint(HEADING, format!("Your change to {}", lab.name)));
    changes.iter().for_each(Changed::print);
}

fn edited(workspace: &Workspace, lab: &Lab) -> String {
    workspace.show(&lab.folder.join(&lab.meta.edit))
}

/// One file, before and after.
pub(super) struct Changed {
    names: [String; 2],
    before: String,
    after: String,
}

/// The file that a learner edits, pristine and in the solution.
fn of_solution(workspace: &Workspace, lab: &Lab) -> Result<Changed> {
    let solution = catalogue::solution(workspace, lab)?;
    let mut files = pristine::files(workspace, lab)?;
    let before = files.remove(&lab.meta.edit).with_context(|| format!("{} has no {}", lab.name, lab.meta.edit))?;
    let path = solution.folder.join(&lab.meta.edit);
    let after = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", workspace.show(&path)))?;
    let names = [edited(workspace, lab), workspace.show(&path)];
    Ok(Changed { names, before: String::from_utf8(before)?, after })
}

/// Every file of the lab that is not as it was, new and removed ones too.
fn of_learner(workspace: &Workspace, lab: &Lab) -> Result<Vec<Changed>> {
    let (before, after) = (pristine::files(workspace, lab)?, pristine::current(lab)?);
    let paths: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let text = |files: &Files, path: &String| {
        files.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    };
    let changed = paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).map(|path| {
        let name = |files: &Files, word: &str| match files.contains_key(path) {
            true => format!("{} ({word})", workspace.show(&lab.folder.join(path))),
            false => "/dev/null".into(),
        };
        Changed {
            names: [name(&before, "original"), name(&after, "yours")],
            before: text(&before, path),
            after: text(&after, path),
        }
    });
    Ok(changed.collect())
}

impl Changed {
    /// Two files of the checkout.
    pub(super) fn between(paths: [PathBuf; 2], workspace: &Workspace) -> Result<Changed> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).with_context(|| format!("Cannot read {}", workspace.show(path)))
        };
        let names = [0, 1].map(|i| workspace.show(&paths[i]));
        Ok(Changed { names, before: read(&paths[0])?, after: read(&paths[1])? })
    }

    /// As `diff -u` writes it.
    pub(super) fn unified(&self) -> String {
        let [old, new] = &self.names;
        let diff = TextDiff::from_lines(&self.before, &self.after);
        diff.unified_diff().context_radius(3).header(old, new).to_string()
    }

    /// In colours, where those are shown.
    pub(super) fn print(&self) {
        let [old, new] = &self.names;
        say!("{}", paint(BAD, format!("--- {old}")));
        say!("{}", paint(GOOD, format!("+++ {new}")));
        let diff = TextDiff::from_lines(&self.before, &self.after);
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
    }
}
