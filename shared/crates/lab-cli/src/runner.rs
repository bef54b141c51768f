//! Runs a lab's program and reads its records, within limits of time and memory.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lab_results::Record;

use crate::child::{Running, describe};
use crate::say;

/// Address space that a lab's program may use: far above any honest need, far below what would make a laptop swap.
pub const MEMORY_LIMIT: u64 = 4 << 30;
/// Only the end of what a program writes to standard error is kept.
const STDERR_KEPT: usize = 32 * 1024;

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
    let mut command = Command::new(program);
    command
        .args(&call.arguments)
        .envs(call.environment.iter().map(|(key, value)| (key, value)))
        .env("LAB_CHILD", "1")
        .env("LAB_MEMORY_LIMIT", MEMORY_LIMIT.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut running = Running::start(&mut command)?;
    let lines = lines_of(running.child.stdout.take().context("stdout is piped")?);
    let errors = tail_of(running.child.stderr.take().context("stderr is piped")?, call.pass_on);
    let deadline = Instant::now() + call.limit;
    let (mut records, mut malformed) = (Vec::new(), None);
    let timed_out = loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Err(RecvTimeoutError::Timeout) => break true,
            Err(RecvTimeoutError::Disconnected) => break false,
            Ok(line) => match serde_json::from_str::<Record>(&line) {
                Ok(record) => records.push(record),
                Err(error) if malformed.is_none() && line.contains("\"type\"") && line.contains("\"counts\"") => {
                    malformed = Some(format!("{error}, in: {line}"));
                }
                Err(_) if call.pass_on => say!("{line}"),
                Err(_) => {}
            },
        }
    };
    let status = if timed_out { running.kill()? } else { running.wait()? };
    let stderr = errors.recv().unwrap_or_default();
    let failure = if timed_out {
        Some(format!("did not finish within {:.0} s and was ended", call.limit.as_secs_f64()))
    } else {
        failure(status, &records, &stderr)
    };
    Ok(Ran { records, failure, malformed })
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

fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Collects the end of a pipe; whatever the program writes, memory stays bounded and the program is never blocked.
fn tail_of(mut pipe: impl Read + Send + 'static, pass_on: bool) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut tail = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            tail.extend_from_slice(&buffer[..read]);
            if pass_on {
                anstream::eprint!("{}", String::from_utf8_lossy(&buffer[..read]));
            }
            if tail.len() > 2 * STDERR_KEPT {
                tail.drain(..tail.len() - STDERR_KEPT);
            }
        }
        let _ = sender.send(String::from_utf8_lossy(&tail).into_owned());
    });
    receiver
}
