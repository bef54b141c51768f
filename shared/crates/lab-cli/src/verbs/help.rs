//! `lab` and `make` alone: what can be typed, and on what.

use anyhow::Result;

use crate::say;
use crate::terminal::{COMMAND, HEADING, QUIET, paint};
use crate::verbs::list;
use crate::workspace::Workspace;

/// Verbs as Make targets, in the order in which a learner needs them.
pub const TARGETS: [(&str, &str); 20] = [
    ("lab-NN", "run the lab and see it hurt"),
    ("profile-NN", "CPU flamegraph"),
    ("flamediff-NN", "what your fix changed in it"),
    ("offcpu-NN", "what threads wait for (root, perf)"),
    ("heap-NN", "who asks for memory"),
    ("console-NN", "tasks of an asynchronous lab"),
    ("dump-NN", "what every thread does, and who holds what"),
    ("serve-NN", "a service to curl and to load"),
    ("load", "load for a service, held against its objectives"),
    ("bench-NN", "Criterion benchmarks"),
    ("hint-NN", "the next of four hints"),
    ("answer-NN", "state your diagnosis"),
    ("verify-NN", "judge your fix"),
    ("watch-NN", "judge it at every save"),
    ("diff-NN", "the solution's diff"),
    ("solution-NN", "run the solution"),
    ("reset-NN", "start over; your attempt is kept"),
    ("list", "labs and progress"),
    ("report", "everything that is kept, as one page"),
    ("doctor", "what this machine has and lacks"),
];

/// Prints the commands and the labs.
pub fn show(workspace: &Workspace) -> Result<u8> {
    say!("{}", paint(HEADING, "OrderFlow Performance Labs"));
    say!("Edit the file that a lab names, then verify. `make X-NN` is `cargo lab X NN`.");
    say!();
    for (target, what) in TARGETS {
        say!("  {}{}{what}", paint(COMMAND, format!("make {target}")), " ".repeat(16 - target.len()));
    }
    say!();
    list::show(workspace, false)?;
    say!();
    say!("{}", paint(QUIET, "make test, make prefetch, cargo lab --help, cargo lab <verb> --help"));
    Ok(0)
}
