//! What builds the programs of labs, and those beside them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use lab_results::Record;

use crate::cargo::{self, Build};
use crate::catalogue::{Kind, Lab};
use crate::child::Sees;
use crate::on_lab::OnLab;
use crate::runner::{self, Call};
use crate::terminal::spinner;
use crate::workspace::Workspace;

/// The package of the book's stalling service.
pub const STALLING: &str = "load-test-that-lied";

/// A fault may take its time, but not the learner's afternoon.
const LIMIT: Duration = Duration::from_secs(120);

/// What a lab's or a solution's program says when it is asked to reproduce, on `sqlite` or `postgres`.
pub fn reproduced(
    workspace: &Workspace,
    package: &str,
    lab: &Lab,
    on: &OnLab,
    database: String,
) -> Result<Vec<Record>> {
    said(&program(workspace, package, lab)?, package, on, database)
}

/// Builds a lab's or a solution's program.
pub fn program(workspace: &Workspace, package: &str, lab: &Lab) -> Result<PathBuf> {
    cargo::build(workspace, &build(workspace, lab, package))?.executable(package)
}

/// What a program says when it is asked to reproduce.
pub fn said(program: &Path, package: &str, on: &OnLab, database: String) -> Result<Vec<Record>> {
    let bar = spinner(format!("Running {package}"));
    let call = Call {
        arguments: on.arguments("reproduce"),
        environment: vec![("DB", database)],
        limit: LIMIT,
        pass_on: !on.json,
        sees: Sees::Everything,
        ..Call::default()
    };
    let records = runner::run(program, &call)?.finished();
    bar.finish_and_clear();
    records
}

/// The plain build of a lab or a solution.
pub fn build(workspace: &Workspace, lab: &Lab, package: &str) -> Build {
    plain(workspace, package, &needs(lab))
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

/// The load generator.
pub fn load_generator(workspace: &Workspace) -> Build {
    Build {
        title: cargo::title(&workspace.target, "the load generator", &["load"]),
        arguments: ["--package", "lab-load", "--features", "program"].map(String::from).into(),
        ..Build::default()
    }
}

/// The stalling service.
pub fn stalling_service(workspace: &Workspace) -> Build {
    plain(workspace, STALLING, &["service"])
}

/// A package's program, and what its build compiles that takes long.
pub fn plain(workspace: &Workspace, package: &str, needs: &[&str]) -> Build {
    Build {
        title: cargo::title(&workspace.target, package, needs),
        arguments: vec!["--package".into(), package.into()],
        ..Build::default()
    }
}
