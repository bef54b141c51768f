//! What the verbs share that record a lab's program: it is built, it runs and writes into a folder of its own, and what it said is kept
//! and shown.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use lab_results::Record;

use lab_core::cargo::{self, Build};
use lab_core::catalogue::Lab;
use lab_core::kept;
use lab_core::on_lab::OnLab;
use lab_core::runner::{self, Call};
use lab_core::terminal::{print_line, spinner};
use lab_core::workspace::{Workspace, create_folder};

/// A verb, and what it was told.
pub struct Recorder<'a> {
    /// Where.
    pub workspace: &'a Workspace,
    /// The lab.
    pub lab: &'a Lab,
    /// The verb, after which the folder of its runs is named.
    pub verb: &'static str,
    /// Options.
    pub on: &'a OnLab,
}

/// A program to record.
pub struct Program {
    /// Whose it is: `original`, `yours` or `reference`.
    pub subject: &'static str,
    /// Its file.
    pub path: PathBuf,
    /// The folder that it may write to, there already.
    pub out: PathBuf,
}

impl Recorder<'_> {
    /// Builds the checkout's program, or the solution's.
    ///
    /// # Errors
    /// It does not compile, or the lab was edited while it was built.
    pub fn build(&self, build: impl FnOnce(&str) -> Build) -> Result<Program> {
        let Recorder { workspace, lab, on, .. } = *self;
        let package = on.package(lab);
        let subject = kept::subject(workspace, lab, on.solution);
        let path = cargo::build(workspace, &build(&package))?.executable(&package)?;
        kept::is_still(workspace, lab, subject)?;
        self.program(subject, path)
    }

    /// A program that was built elsewhere.
    pub fn program(&self, subject: &'static str, path: PathBuf) -> Result<Program> {
        let out = kept::folder(self.workspace, self.lab, self.verb, subject, self.on.smoke);
        create_folder(&out)?;
        Ok(Program { subject, path, out })
    }

    /// Runs it to its end: `asked` is the verb of the lab's programs, `doing` what the spinner says. The call has what is special.
    pub fn run(
        &self,
        program: &Program,
        asked: &str,
        seconds: Option<f64>,
        doing: String,
        call: Call,
    ) -> Result<Vec<Record>> {
        let mut arguments = self.on.arguments(asked);
        arguments.extend(["--out".into(), text(&program.out)?]);
        arguments.extend(seconds.into_iter().flat_map(|seconds| ["--seconds".into(), seconds.to_string()]));
        run(&program.path, doing, Call { arguments, ..call })
    }

    /// Keeps a run, then prints it for programs or shows it. A run that could not be kept is said last.
    pub fn keep_and_show(
        &self,
        subject: &str,
        records: &[Record],
        show: impl FnOnce(&[Record]) -> Result<()>,
    ) -> Result<u8> {
        let kept = kept::keep(self.workspace, self.lab, self.verb, subject, self.on, records);
        if self.on.json {
            print_records(records)?
        } else {
            show(records)?
        }
        kept::warn(kept);
        Ok(0)
    }
}

/// Runs a lab's program to its end while a spinner says what it does.
pub fn run(program: &Path, doing: String, call: Call) -> Result<Vec<Record>> {
    let bar = spinner(doing);
    let records = runner::run(program, &call)?.finished();
    bar.finish_and_clear();
    records
}

/// A path as an argument.
pub fn text(path: &Path) -> Result<String> {
    Ok(path.to_str().context("the target path is not Unicode")?.into())
}

/// How long a profiler watches where nobody says it.
pub fn seconds(is_smoke: bool) -> f64 {
    if is_smoke { 0.5 } else { 4.0 }
}

/// Prints records for programs.
pub fn print_records(records: &[Record]) -> Result<()> {
    for record in records {
        print_line(&serde_json::to_string(record)?);
    }
    Ok(())
}

/// Profilers slow programs down, dhat by a factor of thirty.
pub const LIMIT: Duration = Duration::from_secs(180);
