//! `lab reproduce` and `lab solution`: the symptom on screen, and its absence.

use std::time::Duration;

use anyhow::Result;
use lab_results::Record;

use crate::args::OnLab;
use crate::cargo::{self, Build};
use crate::catalogue::{Kind, Lab};
use crate::database;
use crate::kept;
use crate::render;
use crate::runner::{self, Call};
use crate::say;
use crate::terminal::{COMMAND, HEADING, QUIET, paint, print_line, spinner};
use crate::workspace::Workspace;

/// A fault may take its time, but not the learner's afternoon.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs the lab as it is now.
pub fn lab(workspace: &Workspace, lab: &Lab, on: &OnLab) -> Result<u8> {
    if on.solution {
        return solution(workspace, lab, on);
    }
    if !on.json {
        say!("{}  {}", paint(HEADING, &lab.name), lab.symptom);
        say!();
    }
    run(workspace, &lab.name, lab, on)?;
    if !on.json {
        let nn = lab.nn();
        let file = workspace.show(&lab.folder.join(&lab.meta.edit));
        say!("The code: {file}   The ticket: {}", workspace.show(&lab.folder.join("README.md")));
        say!(
            "Next: {} (where does the time go?), {}, {} once you have a fix",
            paint(COMMAND, format!("make profile-{nn}")),
            paint(COMMAND, format!("make hint-{nn}")),
            paint(COMMAND, format!("make verify-{nn}"))
        );
    }
    Ok(0)
}

/// Runs the solution.
pub fn solution(workspace: &Workspace, lab: &Lab, on: &OnLab) -> Result<u8> {
    let solution = crate::catalogue::solution(workspace, lab)?;
    if !on.json {
        say!("{}  {}", paint(HEADING, &solution.name), solution.fix);
        say!();
    }
    run(workspace, &solution.name, lab, &OnLab { solution: true, ..on.clone() })?;
    if !on.json {
        say!("{}", paint(QUIET, format!("Floor: {}", solution.meta.floor)));
        say!("Next: {}", paint(COMMAND, format!("make diff-{}", lab.nn())));
    }
    Ok(0)
}

fn run(workspace: &Workspace, package: &str, lab: &Lab, on: &OnLab) -> Result<()> {
    let records = records(workspace, package, lab, on, database::chosen()?)?;
    kept::keep(workspace, lab, "reproduce", on, &records)?;
    for record in &records {
        match on.json {
            true => print_line(&serde_json::to_string(record)?),
            false => show(record),
        }
    }
    Ok(())
}

/// What a lab's or a solution's program says when it is asked to reproduce, on `sqlite` or `postgres`.
pub fn records(workspace: &Workspace, package: &str, lab: &Lab, on: &OnLab, database: String) -> Result<Vec<Record>> {
    let build = Build {
        title: cargo::title(&workspace.target, package, &needs(lab)),
        arguments: vec!["--package".into(), package.into()],
        ..Build::default()
    };
    let program = cargo::build(workspace, &build)?.executable(package)?;
    let mut arguments = vec!["reproduce".to_string(), "--seed".into(), on.seed.to_string()];
    if on.smoke {
        arguments.push("--smoke".into());
    }
    let bar = spinner(format!("Running {package}"));
    let call = Call { arguments, environment: vec![("DB", database)], limit: LIMIT, pass_on: !on.json };
    let records = runner::run(&program, &call)?.finished();
    bar.finish_and_clear();
    records
}

/// What the plain build of a lab compiles that takes long.
pub fn needs(lab: &Lab) -> Vec<&'static str> {
    let mut needs = Vec::new();
    if lab.meta.uses_database() {
        needs.push("database");
    }
    if lab.meta.kind == Kind::Service {
        needs.push("service");
    }
    needs
}

/// Prints a record that is meant for people.
pub fn show(record: &Record) {
    match record {
        Record::Table(table) => render::table(table),
        Record::Note { text } => say!("{text}\n"),
        _ => {}
    }
}
