//! Runs a lab's program and reads its records, within limits of time and memory.

mod session;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Result;
use lab_results::Record;

use crate::child::describe;
pub use session::Session;

/// Address space that a lab's program may use: far above any honest need, far below what would make a laptop swap.
pub const MEMORY_LIMIT: u64 = 4 << 30;

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct Call<'a> {
    /// The verb and its options.
    pub arguments: Vec<String>,
    /// More environment variables.
    pub environment: Vec<(&'a str, String)>,
    /// Killed after this long.
    pub limit: Duration,
    /// Pass on what the program prints besides records; a learner's own `println!` and `dbg!`.
    pub pass_on: bool,
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
pub fn run(program: &Path, call: &Call) -> Result<Ran> {
    run_with_input(program, call, Stdio::null())
}

/// Runs a program that reads a file, or what another program writes, to its end or its limit.
pub fn run_with_input(program: &Path, call: &Call, input: Stdio) -> Result<Ran> {
    Session::start(program, call, input)?.finish()
}

fn failure(status: std::process::ExitStatus, records: &[Record], stderr: &str) -> Option<String> {
    if let Some(Record::Failed { message }) = records.last() {
        return Some(message.clone());
    }
    if status.success() {
        return None;
    }
    if stderr.contains("memory allocation of") {
        return Some(format!("ran out of its memory ({} GiB) and was ended", MEMORY_LIMIT >> 30));
    }
    if stderr.contains("has overflowed its stack") {
        return Some("overflowed its stack".into());
    }
    if let Some(start) = stderr.find("panicked at") {
        let message: Vec<&str> = stderr[start..]
            .lines()
            .take_while(|line| !line.starts_with("note:") && !line.starts_with("stack backtrace"))
            .collect();
        return Some(message.join("\n").trim().to_string());
    }
    let words = stderr.trim();
    Some(if words.is_empty() { describe(status) } else { format!("{}:\n{words}", describe(status)) })
}
