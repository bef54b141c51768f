//! `lab load`: builds the load generator at first use and becomes it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;

use anyhow::{Context, Result};

use lab_core::cargo;
use lab_core::child::{self, Sees};
use lab_core::programs;
use lab_core::workspace::Workspace;

/// Replaces this program, so that terminal, signals and exit codes are the load generator's own.
pub fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<u8> {
    let release = workspace.target.join("release");
    let is_there = cargo::built_into(&release).iter().any(|folder| folder.join("lab-load").is_file());
    if !is_there && arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        lab_core::complain!(
            "The load generator prints its help itself. It is built for that now, once: about a minute on two quiet cores."
        );
    }
    let program = cargo::build(workspace, &programs::load_generator(workspace))?.executable("lab-load")?;
    become_program(workspace, &program, arguments)
}

/// Replaces this program by another one of ours.
pub fn become_program(workspace: &Workspace, program: &Path, arguments: &[OsString]) -> Result<u8> {
    // Our signal handlers end with us; it begins with the system's own.
    child::keeper::dismiss();
    let error = child::command(program, Sees::Everything).args(arguments).env("LAB_ROOT", &workspace.root).exec();
    Err(error).with_context(|| format!("Failed to run {}", program.display()))
}
