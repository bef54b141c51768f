//! What labs and programs count now.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lab_results::baseline::{Ratio, Run, Subject};
use lab_results::{Outcome, Record};

use super::REPEATS;
use crate::catalogue::{self, Lab};
use crate::child::Sees;
use crate::pristine;
use crate::runner::{self, Call};
use crate::terminal::spinner;
use crate::verify::{self, Options};
use crate::workspace::Workspace;

/// A program that counts takes seconds; one that takes this long is stuck.
const LIMIT: Duration = Duration::from_secs(120);

/// The labs that were named, or all.
pub fn wanted(workspace: &Workspace, names: &[String]) -> Result<Vec<Lab>> {
    let all = catalogue::labs(workspace)?;
    pristine::keep_all(workspace, &all);
    if names.is_empty() {
        return Ok(all);
    }
    names.iter().map(|name| catalogue::find(workspace, name)).collect()
}

/// Labs as they are in the checkout now. Only the first of the repeats is timed.
pub fn labs(
    workspace: &Workspace,
    labs: &[Lab],
    seed: u64,
    quick: bool,
    is_timed: bool,
) -> Result<BTreeMap<String, Subject>> {
    labs.iter().map(|lab| Ok((lab.name.clone(), one_lab(workspace, lab, seed, quick, is_timed)?))).collect()
}

fn one_lab(workspace: &Workspace, lab: &Lab, seed: u64, quick: bool, is_timed: bool) -> Result<Subject> {
    let mut runs: Vec<Run> = Vec::new();
    let (mut ratios, mut database, mut unit) = (Vec::new(), None, String::new());
    for repeat in 0..REPEATS {
        let no_time = !is_timed || repeat > 0;
        let options = Options { seed: Some(seed), quick, no_time, ..Options::default() };
        let (verdict, _) = verify::run(workspace, lab, &options)?;
        if matches!(verdict.outcome, Outcome::Invalid | Outcome::WrongAnswer) {
            bail!("{}: {}, so there is nothing to keep: {}", lab.name, verdict.outcome.as_str(), verdict.reason.trim());
        }
        let yours = verdict.counts.iter().filter(|counts| counts.subject == "yours");
        let yours = yours.inspect(|counts| unit.clone_from(&counts.unit));
        runs.push(yours.map(|counts| (counts.size, counts.counts.clone())).collect());
        ratios.extend(verdict.ratios.iter().map(Ratio::from));
        database = verdict.database;
    }
    let subject = Subject::from_runs(&runs, &lab.meta.gates).with_context(|| lab.name.clone())?;
    Ok(Subject { ratios, database, ..subject.of_unit(&unit) })
}

/// Any program that prints counts, by the name of its file.
pub fn program(command: &[String]) -> Result<BTreeMap<String, Subject>> {
    let (program, arguments) = command.split_first().context("the baseline names no program")?;
    let name = Path::new(program).file_stem().context("a program's path ends in its name")?.to_string_lossy();
    let bar = spinner(format!("Counting {name}, {REPEATS} times"));
    let mut unit = String::new();
    let runs: Vec<Run> = (0..REPEATS)
        .map(|_| one_run(program, arguments, &mut unit))
        .collect::<Result<_>>()
        .with_context(|| program.clone())?;
    bar.finish_and_clear();
    let subject = Subject::from_runs(&runs, &[]).with_context(|| program.clone())?;
    Ok(BTreeMap::from([(name.into_owned(), subject.of_unit(&unit))]))
}

/// The counts, and in `unit` what their sizes count.
fn one_run(program: &str, arguments: &[String], unit: &mut String) -> Result<Run> {
    // A team's own program knows of no channel.
    let call = Call {
        arguments: arguments.to_vec(),
        limit: LIMIT,
        sees: Sees::Everything,
        is_trusted: true,
        ..Call::default()
    };
    let ran = runner::run(Path::new(program), &call)?;
    if let Some(malformed) = ran.malformed {
        bail!("a line of counts that cannot be read: {malformed}");
    }
    let counts = ran.finished()?.into_iter().filter_map(|record| match record {
        Record::Counts { size, counts, unit: said } => {
            *unit = said;
            Some((size, counts))
        }
        _ => None,
    });
    Ok(counts.collect())
}
