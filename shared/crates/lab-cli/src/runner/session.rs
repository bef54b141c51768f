//! A program that is running, and what it says meanwhile.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab_results::Record;

use super::{Call, MEMORY_LIMIT, Ran, failure};
use crate::child::Running;
use crate::say;

/// Only the end of what a program writes to standard error is kept.
const STDERR_KEPT: usize = 32 * 1024;

/// How often somebody who follows a program asks whether to go on.
const TICK: Duration = Duration::from_millis(100);

/// A program that runs, and ends with this at the latest.
pub struct Session {
    running: Option<Running>,
    lines: Receiver<String>,
    errors: Receiver<String>,
    records: Vec<Record>,
    malformed: Option<String>,
    limit: Duration,
    pass_on: bool,
    hangs: bool,
}

/// Why nothing more is read.
#[derive(PartialEq)]
enum Stopped {
    /// The record that was waited for came.
    Satisfied,
    /// The program ended, or closed its output.
    Ended,
    /// The limit is over.
    TimedOut,
}

impl Session {
    /// Starts a program that goes on until its standard input closes: one that takes turns, or a service. Its limit is for each answer,
    /// not for all of them.
    pub fn with_input(program: &Path, call: &Call) -> Result<Session> {
        Session::start(program, call, Stdio::piped())
    }

    pub(super) fn start(program: &Path, call: &Call, stdin: Stdio) -> Result<Session> {
        let mut command = Command::new(program);
        command
            .args(&call.arguments)
            .envs(call.environment.iter().map(|(key, value)| (key, value)))
            .env("LAB_CHILD", "1")
            .env("LAB_MEMORY_LIMIT", MEMORY_LIMIT.to_string())
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = Running::start(&mut command)?;
        let lines = lines_of(running.child.stdout.take().context("stdout is piped")?);
        let errors = tail_of(running.child.stderr.take().context("stderr is piped")?, call.pass_on);
        let (limit, pass_on) = (call.limit, call.pass_on);
        Ok(Session {
            running: Some(running),
            lines,
            errors,
            records: Vec::new(),
            malformed: None,
            limit,
            pass_on,
            hangs: false,
        })
    }

    /// Waits until it is ready for its first turn: how many it wants to take. Nothing when it ended or hangs instead;
    /// [`Session::finish`] tells.
    pub fn ready(&mut self) -> Option<u64> {
        match self.read_until(|record| matches!(record, Record::Turn { .. })) {
            Stopped::Satisfied => self.records.last().and_then(|record| match record {
                Record::Turn { wanted, .. } => Some(*wanted),
                _ => None,
            }),
            Stopped::Ended | Stopped::TimedOut => None,
        }
    }

    /// Has it take a turn, and waits until it is ready for the next one: what it said meanwhile. One that has ended, or hangs, says
    /// nothing.
    pub fn take_turn(&mut self) -> Vec<Record> {
        let before = self.records.len();
        if let Some(stdin) = self.running.as_mut().and_then(|running| running.child.stdin.as_mut()) {
            // Whether it has ended is found out when it is not ready again.
            let _ = stdin.write_all(b"\n");
        }
        self.ready().map(|_| self.records[before..].to_vec()).unwrap_or_default()
    }

    /// Waits until it listens, as a service does: where. Nothing when it ended or hangs instead; [`Session::finish`] tells.
    pub fn address(&mut self) -> Option<String> {
        match self.read_until(|record| matches!(record, Record::Serving { .. })) {
            Stopped::Satisfied => self.records.last().and_then(|record| match record {
                Record::Serving { address } => Some(address.clone()),
                _ => None,
            }),
            Stopped::Ended | Stopped::TimedOut => None,
        }
    }

    /// Waits for the next word of a program that does its work again and again: its process, and how often it has done its work.
    /// Nothing when it ended or hangs instead; [`Session::finish`] tells.
    pub fn busy(&mut self) -> Option<(u32, u64)> {
        match self.read_until(|record| matches!(record, Record::Busy { .. })) {
            Stopped::Satisfied => self.records.last().and_then(|record| match record {
                Record::Busy { pid, done } => Some((*pid, *done)),
                _ => None,
            }),
            Stopped::Ended | Stopped::TimedOut => None,
        }
    }

    /// How often it has done its work by now.
    pub fn busy_so_far(&mut self) -> u64 {
        while let Ok(line) = self.lines.try_recv() {
            self.keep(&line);
        }
        let last = self.records.iter().rev().find_map(|record| match record {
            Record::Busy { done, .. } => Some(*done),
            _ => None,
        });
        last.unwrap_or(0)
    }

    /// Waits until it says that tokio-console can look at it. False when it ended or hangs instead; [`Session::finish`] tells.
    pub fn is_open_to_look_at(&mut self) -> bool {
        self.read_until(|record| matches!(record, Record::Note { .. })) == Stopped::Satisfied
    }

    /// Passes on what it prints, without a limit, until there is reason to stop or it has ended.
    pub fn follow_until(&mut self, is_reason: impl Fn() -> bool) {
        while !is_reason() {
            match self.lines.recv_timeout(TICK) {
                Ok(line) => drop(self.keep(&line)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Reads to its end or its limit.
    pub fn finish(mut self) -> Result<Ran> {
        let Some(mut running) = self.running.take() else { bail!("it was finished before") };
        drop(running.child.stdin.take());
        let timed_out = self.read_until(|_| false) == Stopped::TimedOut;
        let status = if timed_out { running.kill()? } else { running.wait()? };
        let stderr = self.errors.recv().unwrap_or_default();
        let records = std::mem::take(&mut self.records);
        let failure = if timed_out {
            Some(format!("did not finish within {:.0} s and was ended", self.limit.as_secs_f64()))
        } else {
            failure(status, &records, &stderr)
        };
        Ok(Ran { records, failure, malformed: self.malformed.take() })
    }

    fn read_until(&mut self, is_it: impl Fn(&Record) -> bool) -> Stopped {
        // What hung once gets no second chance.
        let deadline = Instant::now() + if self.hangs { Duration::ZERO } else { self.limit };
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Err(RecvTimeoutError::Timeout) => {
                    self.hangs = true;
                    return Stopped::TimedOut;
                }
                Err(RecvTimeoutError::Disconnected) => return Stopped::Ended,
                Ok(line) => {
                    if self.keep(&line).is_some_and(&is_it) {
                        return Stopped::Satisfied;
                    }
                }
            }
        }
    }

    /// Keeps a line that is a record, and returns it; passes others on.
    fn keep(&mut self, line: &str) -> Option<&Record> {
        match serde_json::from_str::<Record>(line) {
            Ok(record) => {
                self.records.push(record);
                return self.records.last();
            }
            Err(error) if self.malformed.is_none() && is_nearly_counts(line) => {
                self.malformed = Some(format!("{error}, in: {line}"));
            }
            Err(_) if self.pass_on => say!("{line}"),
            Err(_) => {}
        }
        None
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Nobody reads what an unfinished one has to say.
        self.running.take().map(Running::kill);
    }
}

/// A record of counts that somebody's program wrote by hand.
fn is_nearly_counts(line: &str) -> bool {
    line.contains("\"type\"") && line.contains("\"counts\"")
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
