//! The driver's part: a service as a child process.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use lab_results::Record;

use super::{WATCH, Watch};
use crate::load::Report;
use crate::program::{Run, emit, with_work};

/// A service that has not said where it listens after this long hangs.
const START_LIMIT: Duration = Duration::from_secs(30);
/// A service that has not said what it has used after this long hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// A service that has not ended this long after it was told to hangs; resolving a profile's stacks takes some of it.
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// How much of a service's standard error is kept to be quoted.
const LAST_WORDS: usize = 12;

/// A service that is about to be started.
#[derive(Debug)]
pub struct Launch {
    command: Command,
    watch: Watch,
}

impl Launch {
    /// The subject of the run, this program itself where none is named, with the run's seed, size, port and folder.
    pub fn new(run: &Run) -> Launch {
        // A program that cannot say its own path is found by the name that it was started with.
        let own = || std::env::current_exe().unwrap_or_else(|_| std::env::args_os().next().unwrap_or_default().into());
        let mut command = Command::new(run.subject.clone().unwrap_or_else(own));
        command
            .args(["serve", "--seed", &run.seed.to_string(), "--port", &run.port.to_string(), "--out"])
            .arg(&run.out);
        if run.smoke {
            command.arg("--smoke");
        }
        Launch { command, watch: Watch::Nothing }
    }

    /// What the service is to watch in its own process.
    pub fn watch(self, watch: Watch) -> Launch {
        Launch { watch, ..self }
    }

    /// One more environment variable for the service, such as the address of its database.
    pub fn env(mut self, name: &str, value: &str) -> Launch {
        self.command.env(name, value);
        self
    }

    /// Starts the service and waits until it listens.
    ///
    /// # Errors
    /// It could not be started, failed, or took longer than 30 s; its own words are in the message.
    pub fn start(mut self) -> Result<Service> {
        self.command.env("LAB_CHILD", "1").env(WATCH, self.watch.as_str());
        #[cfg(feature = "jemalloc")]
        if self.watch == Watch::LiveHeap {
            self.command.env(crate::live_heap::OPTIONS.0, crate::live_heap::OPTIONS.1);
        }
        // A backtrace would push a panic's message out of what is kept of its words.
        self.command.env("RUST_BACKTRACE", "0");
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = self.command.get_program().to_owned();
        let mut child = self.command.spawn().with_context(|| format!("Failed to start {}", program.display()))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let last_words = LastWords::default();
        let mut service = Service {
            records: read_records(stdout.context("standard output is piped")?),
            hears: Some(last_words.listen(stderr.context("standard error is piped")?)),
            child,
            last_words,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        service.address = service.wait_until_it_listens()?;
        Ok(service)
    }
}

/// A running service. It is killed when this is dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    records: Receiver<Record>,
    last_words: LastWords,
    hears: Option<std::thread::JoinHandle<()>>,
    address: SocketAddr,
}

impl Service {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The end of what it wrote to standard error, such as a panic's message; empty if it was silent.
    pub fn last_words(&self) -> String {
        self.last_words.get()
    }

    /// What went wrong with it, if it has ended or one of its tasks has panicked. Ask when a request was not answered.
    pub fn trouble(&mut self) -> Option<String> {
        // The connection may be closed a moment before the process is gone and its words have come through the pipe.
        std::thread::sleep(Duration::from_millis(100));
        if let Ok(Some(status)) = self.child.try_wait() {
            return Some(self.ended(&status.to_string()).to_string());
        }
        let words = self.last_words();
        words.find("panicked at").map(|at| format!("the service {}", &words[at..]))
    }

    /// CPU time that its process has used so far, in milliseconds.
    ///
    /// # Errors
    /// It has ended, or does not answer.
    pub fn cpu_ms(&mut self) -> Result<f64> {
        let stdin = self.child.stdin.as_mut().context("standard input is piped")?;
        // One that has ended cannot be asked; that it does not answer is found out below.
        let _ = stdin.write_all(b"\n");
        let until = Instant::now() + ANSWER_LIMIT;
        loop {
            match self.records.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Record::Used { cpu_ms }) => return Ok(cpu_ms),
                Ok(Record::Failed { message }) => bail!("{message}"),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    bail!("the service did not say within {ANSWER_LIMIT:?} what it has used")
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    return Err(self.ended(&status.to_string()));
                }
            }
        }
    }

    /// Asks it to stop and waits for its end. Returns what it said after it had started to listen.
    ///
    /// # Errors
    /// It failed, crashed, or did not end within a minute and was killed.
    pub fn stop(mut self) -> Result<Vec<Record>> {
        drop(self.child.stdin.take());
        let mut said = Vec::new();
        let until = Instant::now() + STOP_LIMIT;
        loop {
            match self.records.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Record::Failed { message }) => bail!("{message}"),
                Ok(record) => said.push(record),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    bail!("the service did not end in {STOP_LIMIT:?} after it was told to")
                }
            }
        }
        let status = self.child.wait()?;
        if status.success() { Ok(said) } else { Err(self.ended(&status.to_string())) }
    }

    fn wait_until_it_listens(&mut self) -> Result<SocketAddr> {
        let until = Instant::now() + START_LIMIT;
        loop {
            match self.records.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Record::Serving { address }) => return address.parse().context("the service's address is none"),
                Ok(Record::Failed { message }) => bail!("{message}"),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => bail!("the service did not listen after {START_LIMIT:?}"),
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    return Err(self.ended(&status.to_string()));
                }
            }
        }
    }

    fn ended(&mut self, status: &str) -> anyhow::Error {
        // Its standard error is closed now, so whatever it said is about to be read.
        self.hears.take().map(std::thread::JoinHandle::join);
        match self.last_words() {
            silent if silent.is_empty() => anyhow!("the service ended ({status})"),
            words => anyhow!("the service ended ({status}) and said:\n{words}"),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail where it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a service, calls `load` with its address, stops it, and passes on what it found. `load` says how many requests it sent.
///
/// # Errors
/// Those of [`Launch::start`], `load` and [`Service::stop`].
pub fn watched(launch: Launch, load: impl FnOnce(SocketAddr) -> Result<u64>) -> Result<()> {
    #[cfg(feature = "console")]
    let invitation = (launch.watch == Watch::Polls).then(super::console::invitation).transpose()?;
    let service = launch.start()?;
    #[cfg(feature = "console")]
    invitation.iter().for_each(emit);
    let requests = load(service.address())?;
    service.stop()?.into_iter().for_each(|record| emit(&with_work(record, requests)));
    Ok(())
}

/// Starts a service, has customers come in stretches until standard input closes, says how many were answered, and stops the service.
///
/// # Errors
/// Those of [`Launch::start`], `stretch` and [`Service::stop`].
pub fn busy(launch: Launch, mut stretch: impl FnMut(SocketAddr) -> Result<Report>) -> Result<()> {
    let service = launch.start()?;
    crate::program::busy(service.pid(), || Ok(stretch(service.address())?.overall.ok))?;
    service.stop().map(drop)
}

fn read_records(stdout: impl Read + Send + 'static) -> Receiver<Record> {
    let (send, records) = channel();
    std::thread::spawn(move || {
        // What is no record is for people: a learner may print from the code that is looked at.
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        for record in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
            if send.send(record).is_err() {
                break;
            }
        }
    });
    records
}

#[derive(Debug, Clone, Default)]
struct LastWords(Arc<Mutex<VecDeque<String>>>);

impl LastWords {
    fn listen(&self, stderr: impl Read + Send + 'static) -> std::thread::JoinHandle<()> {
        let words = Arc::clone(&self.0);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
                words.push_back(line);
                if words.len() > LAST_WORDS {
                    words.pop_front();
                }
            }
        })
    }

    fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A child that is no lab program: it fails at once, and says why.
    fn launch(program: &str, argument: &str) -> Result<Service> {
        let mut command = Command::new(program);
        command.arg(argument);
        Launch { command, watch: Watch::Nothing }.start()
    }

    #[test]
    fn a_service_that_does_not_start_is_quoted() {
        let message = launch("cat", "/no/such/file").unwrap_err().to_string();
        assert!(message.contains("/no/such/file"), "{message}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let message = launch("/no/such/program", "").unwrap_err().to_string();
        assert!(message.contains("/no/such/program"), "{message}");
    }

    #[test]
    fn only_the_end_of_what_it_says_is_kept() {
        let words = LastWords::default();
        let text: String = (0..100).map(|line| format!("line {line}\n")).collect();
        words.listen(std::io::Cursor::new(text)).join().unwrap();
        assert!(words.get().starts_with("line 88\n") && words.get().ends_with("line 99"));
    }
}
