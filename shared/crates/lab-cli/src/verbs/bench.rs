//! `lab bench`: Criterion, and its own words.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal};
use std::process::Stdio;

use anyhow::Result;
use clap::builder::{FalseyValueParser, TypedValueParser};

use crate::verbs::reproduce;
use lab_core::cargo::{self, Build};
use lab_core::catalogue::Lab;
use lab_core::child::Running;
use lab_core::next;
use lab_core::programs;
use lab_core::say;
use lab_core::terminal::{QUIET, paint, print_line};
use lab_core::workspace::Workspace;

/// What builds a lab's bench.
pub fn build(workspace: &Workspace, lab: &Lab) -> Build {
    let mut needs = programs::needs(lab);
    needs.push("bench");
    Build {
        title: cargo::title(&workspace.target, &format!("the bench of {}", lab.name), &needs),
        arguments: vec!["--package".into(), lab.name.clone(), "--bench".into(), "bench".into()],
        ..Build::default()
    }
}

/// Runs the lab's benches; arguments go to Criterion.
pub fn run(workspace: &Workspace, lab: &Lab, arguments: &[String]) -> Result<u8> {
    let build = build(workspace, lab);
    say!("{}", paint(QUIET, &build.title));
    reproduce::say_database(lab)?;
    say!(
        "{}",
        paint(
            QUIET,
            "Criterion prints the wall time of repeated calls on the same input. Do not hold this against the SLO."
        )
    );
    let before = cargo::before(workspace, &build)?;
    let mut command = cargo::command(workspace, "bench", &build);
    command.arg("--").args(arguments);
    if std::env::var_os("LAB_SMOKE").is_some_and(|smoke| is_true(&smoke)) && arguments.is_empty() {
        command.arg("--test");
    }
    if !std::io::stdout().is_terminal() {
        command.stdout(Stdio::piped());
    }
    let mut running = Running::start(&mut command)?;
    if let Some(pipe) = running.child.stdout.take() {
        // Criterion panics where its reader has gone (`| head`): it writes to us, who read to the end.
        for line in BufReader::new(pipe).split(b'\n').map_while(std::io::Result::ok) {
            print_line(&String::from_utf8_lossy(&line));
        }
    }
    let status = running.wait()?;
    before.built()?;
    if !status.success() {
        return Ok(3);
    }
    next::say_after(workspace, lab, "bench");
    Ok(0)
}

/// As clap reads the same variable for the other verbs.
fn is_true(value: &OsStr) -> bool {
    let parser = FalseyValueParser::new();
    parser.parse_ref(&clap::Command::default(), None, value).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_says_no_is_read_as_the_benches_read_it() {
        for (value, expected) in [("", false), ("0", false), ("False", false), ("off", false), ("1", true), ("x", true)]
        {
            assert_eq!(is_true(OsStr::new(value)), expected, "{value}");
        }
    }
}
