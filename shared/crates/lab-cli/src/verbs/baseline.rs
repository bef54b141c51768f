//! `lab baseline`: what is normal, kept in a file made to be committed, and held against what is now.

use std::path::PathBuf;

use anyhow::{Result, bail};
use lab_results::Baseline;
use lab_results::baseline::{Moved, Source, Step, compare, history};

use crate::args::BaselineTask;
use lab_core::baseline::{Folder, can_write, frame, our_name, read, show, take, write};
use lab_core::error::Usage;
use lab_core::say;
use lab_core::terminal::{COMMAND, GOOD, paint, print_json};
use lab_core::workspace::Workspace;

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
