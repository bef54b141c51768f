//! Runs of a lab's programs, kept under the lab's target folder so that `lab report` can show them later.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use lab_results::program_run::SCHEMA;
use lab_results::{ProgramRun, Record};

use crate::args::OnLab;
use crate::catalogue::Lab;
use crate::database;
use crate::machine;
use crate::pristine;
use crate::workspace::{Workspace, write_atomically};

/// Whose run it can be: what the lab was, what it is now, what the solution is.
pub const SUBJECTS: [&str; 3] = ["baseline", "yours", "reference"];

/// What the folder of the smallest size is called beyond its subject.
pub const SMALLEST: &str = "-smallest";

/// The file of a run, beside what the program itself wrote.
pub const FILE: &str = "run.json";

/// Whose run this will be. As long as nothing is edited it is the baseline's, which an edit must not overwrite.
pub fn subject(workspace: &Workspace, lab: &Lab, is_solution: bool) -> &'static str {
    let is_untouched = || Some(pristine::files(workspace, lab).ok()? == pristine::current(lab).ok()?);
    match (is_solution, is_untouched()) {
        (true, _) => "reference",
        (false, Some(true)) => "baseline",
        (false, _) => "yours",
    }
}

/// Where the last run of a verb on a subject is kept. The smallest size has a place of its own: it must not overwrite a run that
/// shows more.
pub fn folder(workspace: &Workspace, lab: &Lab, verb: &str, subject: &str, is_smoke: bool) -> PathBuf {
    let subject = if is_smoke { format!("{subject}{SMALLEST}") } else { subject.into() };
    workspace.lab_target(&lab.name).join(verb).join(subject)
}

/// Keeps a run in place of the one before.
pub fn keep(workspace: &Workspace, lab: &Lab, verb: &str, on: &OnLab, records: &[Record]) -> Result<()> {
    keep_as(workspace, lab, verb, subject(workspace, lab, on.solution), on.seed, on.smoke, records)?;
    Ok(())
}

/// Keeps a run of a subject in place of the one before, and returns it.
pub fn keep_as(
    workspace: &Workspace,
    lab: &Lab,
    verb: &str,
    subject: &str,
    seed: u64,
    smoke: bool,
    records: &[Record],
) -> Result<ProgramRun> {
    let run = ProgramRun {
        schema: SCHEMA,
        subject: subject.into(),
        at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        seed,
        smoke,
        database: lab.meta.uses_database().then(database::chosen).transpose()?,
        machine: machine::describe(),
        load: machine::load(),
        records: records.to_vec(),
    };
    write_atomically(&folder(workspace, lab, verb, subject, smoke).join(FILE), &serde_json::to_vec_pretty(&run)?)?;
    Ok(run)
}
