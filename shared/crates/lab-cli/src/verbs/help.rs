//! `lab` and `make` alone: what can be typed, and on what.

use anyhow::Result;

use crate::verbs::list;
use lab_core::say;
use lab_core::targets::TARGETS;
use lab_core::terminal::{COMMAND, HEADING, QUIET, paint};
use lab_core::workspace::Workspace;

/// Prints the commands and the labs.
pub fn show(workspace: &Workspace) -> Result<u8> {
    say!("{}", paint(HEADING, "OrderFlow Performance Labs"));
    say!("Edit the file that a lab names, then verify it. `make verify-01` is `cargo lab verify 01`;");
    say!("in the folder of lab 01 it is `make verify`. Options go into ARGS: make verify-01 ARGS=\"--seed 7\"");
    say!();
    for (target, what) in TARGETS {
        say!("  {}{}{what}", paint(COMMAND, format!("make {target}")), " ".repeat(16 - target.len()));
    }
    say!();
    list::show(workspace, false)?;
    say!();
    say!("{}", paint(QUIET, "make slowdown, make test, make prefetch, cargo lab --help, cargo lab <verb> --help"));
    Ok(0)
}
