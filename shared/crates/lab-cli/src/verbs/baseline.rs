//! `lab baseline`: what is normal, kept in a file made to be committed, and held against what is now.

mod file;
pub mod show;
pub mod take;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use lab_results::Baseline;
use lab_results::baseline::{Commit, Moved, SCHEMA, Source, Step, compare, history};

use crate::args::BaselineTask;
use crate::child;
use crate::error::Usage;
use crate::machine;
use crate::say;
use crate::terminal::{COMMAND, GOOD, paint, print_json};
use crate::workspace::Workspace;
pub use file::{Folder, can_write, read, write};

/// How often everything is counted: less would not tell what repeats.
pub const REPEATS: usize = 3;

/// Runs a task.
pub fn run(task: BaselineTask) -> Result<u8> {
    let workspace = Workspace::find();
    match task {
        BaselineTask::Save { name, labs, program, folder, seed, quick, no_time, force, json } => {
            let folder = folder_of(&workspace, folder)?;
            let path = folder.path(&name)?;
            if path.exists() && !force {
                bail!("{} is there already: choose another name, or replace it with --force", path.display());
            }
            can_write(&path)?;
            let is_timed = !quick && !no_time;
            let (source, subjects) = if program.is_empty() {
                let workspace = workspace?;
                let labs = take::wanted(&workspace, &labs)?;
                (Source::Labs { seed, quick }, take::labs(&workspace, &labs, seed, quick, is_timed)?)
            } else {
                let subjects = take::program(&program)?;
                (Source::Program { command: program }, subjects)
            };
            let baseline = Baseline { source, subjects, ..frame(&name) };
            baseline.check()?;
            // What was counted took minutes: it is shown also where the disk is full by now.
            let saved = write(&path, &baseline);
            if json {
                print_json(&baseline)?;
            } else {
                show::saved(&baseline);
            }
            saved?;
            if !json {
                say!("{} {}: commit it", paint(GOOD, "saved"), path.display());
                let again = format!("{} baseline compare {name}{}", our_name(), folder.as_argument());
                say!("Against what is later: {}", paint(COMMAND, again));
            }
            Ok(0)
        }
        BaselineTask::Compare { names, folder, no_time, json } => {
            let folder = folder_of(&workspace, folder)?;
            let baselines = names.iter().map(|name| read(&folder.existing(name)?)).collect::<Result<Vec<_>>>()?;
            match &baselines[..] {
                [then] => against_now(workspace, then, &folder, no_time, json),
                several => among_each_other(several, json),
            }
        }
    }
}

/// Runs again what a baseline was saved from.
fn against_now(
    workspace: Result<Workspace>,
    then: &Baseline,
    folder: &Folder,
    no_time: bool,
    json: bool,
) -> Result<u8> {
    let subjects = match &then.source {
        Source::Program { command } => take::program(command)?,
        Source::Labs { seed, quick } => {
            let workspace = workspace?;
            let names: Vec<String> = then.subjects.keys().cloned().collect();
            let is_timed = !no_time && !quick && then.subjects.values().any(|subject| !subject.ratios.is_empty());
            take::labs(&workspace, &take::wanted(&workspace, &names)?, *seed, *quick, is_timed)?
        }
    };
    let now = Baseline { source: then.source.clone(), subjects, ..frame("now") };
    let changes = compare(then, &now)?;
    let is_worse = changes.iter().any(|change| change.moved == Moved::Worse);
    if json {
        print_json(&serde_json::json!({ "then": then, "now": now, "changes": changes, "worse": is_worse }))?;
    } else {
        show::against_now(then, &now, &changes, &folder.as_argument());
    }
    Ok(u8::from(is_worse))
}

/// Compares saved files; runs nothing.
fn among_each_other(baselines: &[Baseline], json: bool) -> Result<u8> {
    let steps = history(baselines)?;
    if json {
        print_json(&serde_json::json!({ "steps": steps, "worse": is_worse(&steps) }))?;
    } else {
        show::history(baselines, &steps);
    }
    Ok(u8::from(is_worse(&steps)))
}

fn is_worse(steps: &[Step]) -> bool {
    steps.iter().flat_map(|step| &step.changes).any(|change| change.moved == Moved::Worse)
}

fn folder_of(workspace: &Result<Workspace>, named: Option<PathBuf>) -> Result<Folder> {
    match (named, workspace) {
        (Some(folder), _) => Ok(Folder::named(folder)),
        (None, Ok(workspace)) => Ok(Folder::shared(workspace)),
        (None, Err(_)) => {
            Err(Usage("outside a checkout of the labs, say where the files are: --folder baselines".into()).into())
        }
    }
}

/// What people type to run us: here, and where there is no checkout.
fn our_name() -> &'static str {
    if Workspace::find().is_ok() { "cargo lab" } else { "lab" }
}

/// A baseline of nothing, from this machine, now.
pub fn frame(name: &str) -> Baseline {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Baseline {
        schema: SCHEMA,
        name: name.into(),
        at,
        date: humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(at)).to_string(),
        machine: machine::describe(),
        toolchain: machine::toolchain(),
        commit: commit(),
        repeats: REPEATS,
        source: Source::Program { command: Vec::new() },
        subjects: Default::default(),
    }
}

/// The commit of the current folder, where there is git and a commit.
fn commit() -> Option<Commit> {
    let git = |arguments: &[&str]| {
        let output = child::tool("git")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .args(arguments)
            .stdin(std::process::Stdio::null())
            .output()
            .ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    let hash = git(&["rev-parse", "HEAD"])?;
    // A file that git does not know yet changes nothing that is compiled from the commit, a new baseline least of all.
    let dirty = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(Commit { hash, dirty })
}
