//! A program that is running, and what it says meanwhile.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab_results::Record;
use lab_results::channel::{Listener, Opening, Secret, VARIABLE};
use rustix::process::Pid;

use super::failure::{failure, not_from_outside, not_the_machines};
use super::output::{Reading, Said, tail_of};
use super::{Call, MEMORY_LIMIT, Ran, cpu_time};
use crate::child::{self, CHILD, Running};

/// How often somebody who follows a program asks whether to go on, and how often its CPU time is read where that is limited.
const TICK: Duration = Duration::from_millis(100);

/// A program that runs, and ends with this at the latest.
pub struct Session {
    running: Option<Running>,
    group: Pid,
    said: Receiver<Said>,
    errors: Receiver<String>,
    records: Vec<Record>,
    malformed: Option<String>,
    limit: Duration,
    cpu_limit: Option<Duration>,
    /// Whether only a program that says so is through.
    must_say_end: bool,
    is_through: bool,
    has_waited: bool,
    /// Why it gets no second chance: it hung, or prints without end.
    cut: Option<String>,
}

/// Why nothing more is read.
#[derive(PartialEq)]
enum Stopped {
    /// The record that was waited for came.
    Satisfied,
    /// The program ended, or closed its output.
    Ended,
    /// A limit is over.
    Cut,
}

impl Session {
    /// Starts a program that goes on until its standard input closes: one that takes turns, or a service. Its limit is for each answer,
    /// not for all of them.
    pub fn with_input(program: &Path, call: &Call) -> Result<Session> {
        Session::start(program, call, Stdio::piped())
    }

    /// Starts a program. One that is not trusted is told over its standard input who speaks, and reads on there only if `stdin` is a pipe.
    pub(super) fn start(program: &Path, call: &Call, stdin: Stdio) -> Result<Session> {
        let secret = (!call.is_trusted).then(Secret::random);
        let mut command = child::command(program, call.sees);
        command
            .args(&call.command_line)
            .envs(call.environment.iter().map(|(key, value)| (key, value)))
            .env("LAB_MEMORY_LIMIT", MEMORY_LIMIT.to_string())
            .stdin(if secret.is_some() { Stdio::piped() } else { stdin })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        match secret {
            Some(_) => command.env(VARIABLE, "1").env(CHILD, "1"),
            None => command.args(&call.arguments).env_remove(VARIABLE),
        };
        let mut running = Running::start(&mut command)?;
        if let Some(secret) = secret {
            let opening = Opening { secret: secret.to_string(), arguments: call.arguments.clone() };
            let stdin = running.child.stdin.as_mut().context("stdin is piped")?;
            // Whether it has ended is found out when it says nothing.
            let _ = writeln!(stdin, "{}", serde_json::to_string(&opening)?);
        }
        let reading = Reading { listener: secret.map(Listener::new), pass_on: call.pass_on };
        let said = reading.start(running.child.stdout.take().context("stdout is piped")?)?;
        let errors = tail_of(running.child.stderr.take().context("stderr is piped")?, call.pass_on)?;
        Ok(Session {
            group: Pid::from_child(&running.child),
            running: Some(running),
            said,
            errors,
            records: Vec::new(),
            malformed: None,
            limit: call.limit,
            cpu_limit: call.cpu_limit,
            must_say_end: secret.is_some(),
            is_through: false,
            has_waited: false,
            cut: None,
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
            Stopped::Ended | Stopped::Cut => None,
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
            Stopped::Ended | Stopped::Cut => None,
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
            Stopped::Ended | Stopped::Cut => None,
        }
    }

    /// How often it has done its work by now.
    pub fn busy_so_far(&mut self) -> u64 {
        while let Ok(said) = self.said.try_recv() {
            self.keep(said);
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
            match self.said.recv_timeout(TICK) {
                Ok(said) => drop(self.keep(said)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Reads to its end or its limit.
    ///
    /// # Errors
    /// The machine did not give it what it needs: that is nobody's verdict.
    pub fn finish(mut self) -> Result<Ran> {
        let Some(mut running) = self.running.take() else { bail!("it was finished before") };
        drop(running.child.stdin.take());
        let is_cut = self.read_until(|_| false) == Stopped::Cut;
        let status = if is_cut { running.kill()? } else { running.wait()? };
        let stderr = self.errors.recv().unwrap_or_default();
        let records = std::mem::take(&mut self.records);
        if let Some(Record::MachineFailed { message }) = records.last() {
            bail!("{message}");
        }
        if !is_cut {
            not_from_outside(status)?;
        }
        let failure = self.cut.take().or_else(|| failure(status, &records, &stderr)).or_else(|| {
            let left_early = self.must_say_end && !self.is_through;
            left_early.then(|| "left before it was through with its work: does the code end the process?".into())
        });
        if let Some(failure) = &failure {
            not_the_machines(failure, &stderr)?;
        }
        Ok(Ran { records, failure, malformed: self.malformed.take() })
    }

    fn read_until(&mut self, is_it: impl Fn(&Record) -> bool) -> Stopped {
        // What was cut once gets no second chance.
        if self.cut.is_some() {
            return Stopped::Cut;
        }
        let started = Instant::now();
        let is_first = !std::mem::replace(&mut self.has_waited, true);
        let mut used = UsedCpu { before: is_first.then_some(Duration::ZERO), read: Duration::ZERO };
        loop {
            let left = self.limit.saturating_sub(started.elapsed());
            let patience = if self.cpu_limit.is_some() { left.min(TICK) } else { left };
            match self.said.recv_timeout(patience) {
                Err(RecvTimeoutError::Disconnected) => return Stopped::Ended,
                Ok(said) => {
                    if self.keep(said).is_some_and(&is_it) {
                        return Stopped::Satisfied;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if started.elapsed() >= self.limit {
                self.cut = Some(format!("did not finish within {:.0} s and was ended", self.limit.as_secs_f64()));
            } else if self.cpu_limit.is_some_and(|limit| used.reaches(limit, started.elapsed(), self.group)) {
                let limit = self.cpu_limit.unwrap_or_default().as_secs_f64();
                self.cut = Some(format!("did not finish within {limit:.0} s of CPU time and was ended"));
            }
            if self.cut.is_some() {
                return Stopped::Cut;
            }
        }
    }

    /// Keeps what it says; a record is returned.
    fn keep(&mut self, said: Said) -> Option<&Record> {
        match said {
            Said::Record(record) => {
                self.records.push(record);
                return self.records.last();
            }
            Said::End => self.is_through = true,
            Said::Malformed(why) => drop(self.malformed.get_or_insert(why)),
            Said::Stop(why) => drop(self.cut.get_or_insert(why)),
        }
        None
    }
}

/// CPU time since somebody began to wait, read only when it can have come to the limit at all: what was timed is not disturbed.
struct UsedCpu {
    /// What it had used before, as far as that is known.
    before: Option<Duration>,
    read: Duration,
}

impl UsedCpu {
    fn reaches(&mut self, limit: Duration, waited: Duration, group: Pid) -> bool {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
        if waited < limit / cores || waited < self.read + TICK {
            return false;
        }
        self.read = waited;
        let Some(used) = cpu_time::of_group(group) else { return false };
        // In doubt all of it was for the answers that it gave before.
        let before = *self.before.get_or_insert(used);
        used.saturating_sub(before) >= limit
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Nobody reads what an unfinished one has to say.
        self.running.take().map(Running::kill);
    }
}
