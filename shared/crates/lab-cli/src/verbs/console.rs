//! `lab console`: tokio-console beside the running lab, or a table of poll times where the viewer is missing.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;

use crate::cargo::{self, Build};
use crate::catalogue::{Lab, Need};
use crate::child::{Running, run_in_foreground};
use crate::error::Usage;
use crate::runner::{self, Call};
use crate::say;
use crate::terminal::{COMMAND, paint, print_line, spinner};
use crate::verbs::doctor::on_path;
use crate::verbs::reproduce;
use crate::workspace::Workspace;

const LIMIT: Duration = Duration::from_secs(60);

/// Opens the viewer, or prints the table.
pub fn run(workspace: &Workspace, lab: &Lab, table: bool, json: bool) -> Result<u8> {
    if !lab.meta.needs.contains(&Need::Async) {
        let message =
            format!("{} has no asynchronous tasks to look at; try `cargo lab profile {}`", lab.name, lab.nn());
        return Err(Usage(message).into());
    }
    if !table && !json && on_path("tokio-console").is_some() && std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        return viewer(workspace, lab);
    }
    let build = Build {
        title: cargo::title(&workspace.target, &lab.name, &reproduce::needs(lab)),
        arguments: vec!["--package".into(), lab.name.clone()],
        ..Build::default()
    };
    let program = cargo::build(workspace, &build)?.executable(&lab.name)?;
    let bar = spinner(format!("Watching the tasks of {} under load", lab.name));
    let call = Call { arguments: vec!["tasks".into()], limit: LIMIT, pass_on: !json, ..Call::default() };
    let records = runner::run(&program, &call)?.finished()?;
    bar.finish_and_clear();
    for record in &records {
        match json {
            true => print_line(&serde_json::to_string(record)?),
            false => reproduce::show(record),
        }
    }
    if !json && on_path("tokio-console").is_none() {
        say!("To watch the tasks live: {}", paint(COMMAND, "cargo install tokio-console --locked"));
    }
    Ok(0)
}

/// The build of a lab with console-subscriber inside.
pub fn instrumented(workspace: &Workspace, lab: &Lab) -> Build {
    // `tokio_unstable` would make every other build compile tokio again: these flags live in a folder of their own.
    let target = workspace.target.join("async");
    let mut needs = reproduce::needs(lab);
    needs.push("console");
    Build {
        title: cargo::title(&target, &format!("{} for tokio-console", lab.name), &needs),
        arguments: vec!["--package".into(), lab.name.clone(), "--features".into(), "console".into()],
        target: Some(target),
        rustflags: vec!["--cfg".into(), "tokio_unstable".into()],
        ..Build::default()
    }
}

/// The lab under load with console-subscriber inside, and the viewer in front of it.
fn viewer(workspace: &Workspace, lab: &Lab) -> Result<u8> {
    let build = instrumented(workspace, lab);
    let program = cargo::build(workspace, &build)?.executable(&lab.name)?;
    let mut load = Command::new(program);
    load.args(["tasks", "--seconds", "600"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .env("LAB_CHILD", "1");
    let running = Running::start(&mut load)?;
    let seen = run_in_foreground(&mut Command::new("tokio-console"));
    running.kill()?;
    Ok(if seen?.success() { 0 } else { 3 })
}
