//! `lab-flame`, which reads what samplers print and draws it: built at first use, because `lab` itself must not compile inferno.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Result;
use lab_results::Record;

use crate::cargo::{self, Build};
use crate::runner::{self, Call};
use crate::workspace::Workspace;

/// It reads text and draws; a quarter of a gigabyte of it is a matter of seconds.
const LIMIT: Duration = Duration::from_secs(180);

/// Runs `lab-flame` with these arguments over `input`: a file, what another program writes, or nothing.
///
/// # Errors
/// It does not compile, or says what is wrong with its input.
pub fn run(workspace: &Workspace, arguments: Vec<String>, input: Stdio) -> Result<Vec<Record>> {
    let program = cargo::build(workspace, &build(workspace))?.executable("lab-flame")?;
    let call = Call { arguments, limit: LIMIT, ..Call::default() };
    runner::run_with_input(&program, &call, input)?.finished()
}

/// What builds it.
pub fn build(workspace: &Workspace) -> Build {
    Build {
        title: cargo::title(&workspace.target, "the flamegraph program", &["flame"]),
        arguments: ["--package", "lab-flame", "--features", "program"].map(String::from).into(),
        ..Build::default()
    }
}
