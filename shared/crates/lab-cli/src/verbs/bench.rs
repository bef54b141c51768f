//! `lab bench`: Criterion, in the foreground.

use std::process::Stdio;

use anyhow::Result;

use crate::cargo::{self, Build};
use crate::catalogue::Lab;
use crate::child::run_in_foreground;
use crate::say;
use crate::terminal::{QUIET, paint};
use crate::verbs::reproduce;
use crate::workspace::Workspace;

/// Runs the lab's benches; arguments go to Criterion.
pub fn run(workspace: &Workspace, lab: &Lab, arguments: &[String]) -> Result<u8> {
    let mut needs = reproduce::needs(lab);
    needs.push("bench");
    say!("{}", paint(QUIET, cargo::title(&workspace.target, &format!("the bench of {}", lab.name), &needs)));
    let build = Build {
        arguments: vec!["--package".into(), lab.name.clone(), "--bench".into(), "bench".into()],
        ..Build::default()
    };
    let mut command = cargo::command(workspace, "bench", &build);
    command.stdin(Stdio::inherit()).arg("--").args(arguments);
    if std::env::var_os("LAB_SMOKE").is_some_and(|smoke| smoke != "0") && arguments.is_empty() {
        command.arg("--test");
    }
    let status = run_in_foreground(&mut command)?;
    Ok(if status.success() { 0 } else { 3 })
}
