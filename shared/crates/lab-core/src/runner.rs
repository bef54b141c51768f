//! Runs a lab's program and reads its records, within limits of time, memory and output.

mod cpu_time;
mod failure;
mod output;
mod session;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Result;
use lab_results::Record;

use crate::child::Sees;
pub use failure::{has_room, of_the_disk};
pub use session::Session;

/// Address space that a lab's program may use: far above any honest need, far below what would make a laptop swap.
pub const MEMORY_LIMIT: u64 = 4 << 30;

/// A program may wait this many times as long as it may work: beside six busy loops on two cores it gets a quarter of one.
const WALL_FOR_CPU: u32 = 5;

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct Call<'a> {
    /// The verb and its options. A lab's program gets them on its channel, so that the code under test cannot see who asks.
    pub arguments: Vec<String>,
    /// What stands on the command line, where the program that is started is one that starts the lab's program.
    pub command_line: Vec<String>,
    /// More environment variables.
    pub environment: Vec<(&'a str, String)>,
    /// Killed after this long by the wall.
    pub limit: Duration,
    /// Killed when it and all that it has started have used so much CPU time, where the platform tells.
    pub cpu_limit: Option<Duration>,
    /// Pass on what the program prints besides records; a learner's own `println!` and `dbg!`.
    pub pass_on: bool,
    /// What it sees of our environment: nothing that steers it, where nobody says otherwise.
    pub sees: Sees,
    /// A program that runs no code under test and knows of no channel: all of its lines that look like records are.
    pub is_trusted: bool,
}

impl Call<'_> {
    /// Limited by the CPU time that it may use, which a busy machine does not take from it; who uses none ends after five times as long.
    pub fn within_cpu_time(self, limit: Duration) -> Self {
        Call { limit: limit * WALL_FOR_CPU, cpu_limit: Some(limit), ..self }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Ran {
    /// All records, in order.
    pub records: Vec<Record>,
    /// Why it did not finish; nothing when it did.
    pub failure: Option<String>,
    /// The first line that says it is a record of counts and is none, with what is wrong with it.
    pub malformed: Option<String>,
}

impl Ran {
    /// The records of a program that finished; its failure as an error otherwise.
    pub fn finished(self) -> Result<Vec<Record>> {
        match self.failure {
            None => Ok(self.records),
            Some(failure) => Err(anyhow::anyhow!(failure)),
        }
    }

    /// The name of the case that was being worked on when the program ended.
    pub fn last_case(&self) -> Option<&str> {
        self.records.iter().rev().find_map(|record| match record {
            Record::Case { name } => Some(name.as_str()),
            _ => None,
        })
    }
}

/// Runs a program to its end or its limit.
///
/// # Errors
/// It cannot be started, or the machine did not give it what it needs. Whatever else goes wrong is in [`Ran::failure`].
pub fn run(program: &Path, call: &Call) -> Result<Ran> {
    Session::start(program, call, Stdio::null())?.finish()
}

/// Runs a trusted program that reads a file, or what another program writes, to its end or its limit.
pub fn run_with_input(program: &Path, call: &Call, input: Stdio) -> Result<Ran> {
    Session::start(program, &Call { is_trusted: true, ..call.clone() }, input)?.finish()
}
