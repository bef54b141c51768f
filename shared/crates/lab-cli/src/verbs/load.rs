//! `lab load`: builds the load generator at first use and becomes it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo::{self, Build};
use crate::workspace::Workspace;

/// Replaces this program, so that terminal, signals and exit codes are the load generator's own.
pub fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<u8> {
    let program = cargo::build(workspace, &generator(workspace))?.executable("lab-load")?;
    // Our signal handlers end with us; it begins with the system's own.
    let error = Command::new(&program).args(arguments).env("LAB_ROOT", &workspace.root).exec();
    Err(error).with_context(|| format!("Failed to run {}", program.display()))
}

/// What builds it.
pub fn generator(workspace: &Workspace) -> Build {
    Build {
        title: cargo::title(&workspace.target, "the load generator", &["load"]),
        arguments: ["--package", "lab-load", "--features", "program"].map(String::from).into(),
        ..Build::default()
    }
}
