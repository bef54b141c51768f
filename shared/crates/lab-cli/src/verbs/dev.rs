//! `lab dev`: builds the program of those who write labs at first use and becomes it.

use std::ffi::OsString;

use anyhow::Result;

use super::load::become_program;
use lab_core::programs;
use lab_core::workspace::Workspace;

/// Replaces this program.
pub fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<u8> {
    let program = lab_core::cargo::build(workspace, &programs::plain(workspace, PACKAGE, &[]))?.executable(PACKAGE)?;
    become_program(workspace, &program, arguments)
}

const PACKAGE: &str = "lab-dev";
