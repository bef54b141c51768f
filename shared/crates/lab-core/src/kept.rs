//! Runs of a lab's programs, kept under the lab's target folder so that `lab report` can show them later.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use lab_results::program_run::SCHEMA;
use lab_results::{ProgramRun, Record};

use crate::catalogue::Lab;
use crate::database;
use crate::machine;
use crate::on_lab::OnLab;
use crate::pristine;
use crate::terminal::{WARN, paint};
use crate::workspace::{Workspace, write_atomically};

/// Whose run it can be: what the lab was, what it is now, what the solution is.
pub const SUBJECTS: [&str; 3] = ["original", "yours", "reference"];

/// What the folder of the smallest size is called beyond its subject.
pub const SMALLEST: &str = "-smallest";

/// The file of a run, beside what the program itself wrote.
pub const FILE: &str = "run.json";

/// Whose run this will be, to be asked before the build. As long as nothing is edited it is the original's, which an edit must not
/// overwrite.
pub fn subject(workspace: &Workspace, lab: &Lab, is_solution: bool) -> &'static str {
    let is_untouched = || Some(pristine::files(workspace, lab).ok()? == pristine::current(lab).ok()?);
    match (is_solution, is_untouched()) {
        (true, _) => "reference",
        (false, Some(true)) => "original",
        (false, _) => "yours",
    }
}

/// Fails where the lab became another subject while it was built: nobody knows which of the two the program is. What is edited later
/// changes no program.
pub fn is_still(workspace: &Workspace, lab: &Lab, before: &str) -> Result<()> {
    if subject(workspace, lab, before == SUBJECTS[2]) != before {
        bail!("{} was edited or put back while it was built: run it again", lab.name);
    }
    Ok(())
}

/// Where the last run of a verb on a subject is kept. The smallest size has a place of its own: it must not overwrite a run that
/// shows more.
pub fn folder(workspace: &Workspace, lab: &Lab, verb: &str, subject: &str, is_smoke: bool) -> PathBuf {
    let subject = if is_smoke { format!("{subject}{SMALLEST}") } else { subject.into() };
    workspace.lab_target(&lab.name).join(verb).join(subject)
}

/// Keeps a run in place of the one before, before it is shown: who stops reading loses nothing. What came of that is for [`warn`],
/// after it was shown: a full disk does not take away what was measured.
pub fn keep(workspace: &Workspace, lab: &Lab, verb: &str, subject: &str, on: &OnLab, records: &[Record]) -> Result<()> {
    let run = run_of(lab, subject, on.seed, on.smoke, records)?;
    keep_run(workspace, lab, verb, &run)
}

/// Says that a run could not be kept, where that is so.
pub fn warn(kept: Result<()>) {
    if let Err(error) = kept {
        crate::complain!("{}", paint(WARN, format!("This run could not be kept: {error:#}")));
    }
}

/// What is kept of a subject's run.
pub fn run_of(lab: &Lab, subject: &str, seed: u64, smoke: bool, records: &[Record]) -> Result<ProgramRun> {
    Ok(ProgramRun {
        schema: SCHEMA,
        subject: subject.into(),
        at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        seed,
        smoke,
        database: lab.meta.uses_database().then(database::chosen).transpose()?,
        machine: machine::describe(),
        load: machine::load(),
        records: records.to_vec(),
    })
}

/// As [`keep`].
pub fn keep_run(workspace: &Workspace, lab: &Lab, verb: &str, run: &ProgramRun) -> Result<()> {
    let file = folder(workspace, lab, verb, &run.subject, run.smoke).join(FILE);
    write_atomically(&file, &serde_json::to_vec_pretty(run)?)
}
