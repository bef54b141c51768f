//! The driver's part: a service as a child process.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use lab_results::Record;
use lab_results::channel::{END, Heard, Listener, Opening, Secret, VARIABLE};
use rustix::process::Signal;

use super::{WATCH, Watch};
use crate::load::{LoadError, Report};
use crate::program::{Run, emit, with_work};
use crate::trouble::MachineTrouble;

/// A service that has not said where it listens after this long hangs.
const START_LIMIT: Duration = Duration::from_secs(30);
/// A service that has not said what it has used after this long hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// A service that has not ended this long after it was told to hangs; resolving a profile's stacks takes some of it.
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// How much of a service's standard error is kept to be quoted.
const LAST_WORDS: usize = 12;
/// A longer line of a service's is read in pieces, so that output without an end of line takes no memory.
const LONGEST_LINE: u64 = 32 << 20;
/// How much of a line of its standard error is kept.
const LONGEST_WORD: u64 = 16 << 10;

/// A service that is about to be started.
#[derive(Debug)]
pub struct Launch {
    command: Command,
    /// Said on the channel and not on the command line, where the code under test would see them.
    arguments: Vec<String>,
    watch: Watch,
}

impl Launch {
    /// The subject of the run, this program itself where none is named, with the run's seed, size, port and folder.
    pub fn new(run: &Run) -> Launch {
        // A program that cannot say its own path is found by the name that it was started with.
        let own = || std::env::current_exe().unwrap_or_else(|_| std::env::args_os().next().unwrap_or_default().into());
        let command = Command::new(run.subject.clone().unwrap_or_else(own));
        let (seed, port) = (run.seed.to_string(), run.port.to_string());
        let out = run.out.to_string_lossy();
        let mut arguments = ["serve", "--seed", &seed, "--port", &port, "--out", &out].map(String::from).to_vec();
        if run.smoke {
            arguments.push("--smoke".into());
        }
        Launch { command, arguments, watch: Watch::Nothing }
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
        let secret = Secret::random();
        self.command.env("LAB_CHILD", "1").env(WATCH, self.watch.as_str()).env(VARIABLE, "1");
        #[cfg(feature = "jemalloc")]
        if self.watch == Watch::LiveHeap {
            self.command.env(crate::live_heap::OPTIONS.0, crate::live_heap::OPTIONS.1);
        }
        // A backtrace would push a panic's message out of what is kept of its words.
        self.command.env("RUST_BACKTRACE", "0");
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = self.command.get_program().to_owned();
        let mut child = self.command.spawn().with_context(|| format!("Failed to start {}", program.display()))?;
        let (stdin, stdout, stderr) = (child.stdin.as_mut(), child.stdout.take(), child.stderr.take());
        let opening = serde_json::to_string(&Opening { secret: secret.to_string(), arguments: self.arguments })?;
        // One that has ended already cannot be told; that it does not answer is found out below.
        let _ = writeln!(stdin.context("standard input is piped")?, "{opening}");
        let last_words = LastWords::default();
        let is_done = Arc::new(AtomicBool::new(false));
        let mut service = Service {
            records: read_records(stdout.context("standard output is piped")?, secret, Arc::clone(&is_done)),
            is_done,
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
    /// It has said that it is through with all it was asked to do.
    is_done: Arc<AtomicBool>,
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
        self.failure().map(|error| format!("{error:#}"))
    }

    fn failure(&mut self) -> Option<anyhow::Error> {
        // The connection may be closed a moment before the process is gone and its words have come through the pipe.
        std::thread::sleep(Duration::from_millis(100));
        if let Ok(Some(status)) = self.child.try_wait() {
            return Some(self.ended(status));
        }
        let words = self.last_words();
        words.find("panicked at").map(|at| anyhow!("the service {}", &words[at..]))
    }

    /// Why a request got no answer: a crash is quoted. That is an end and no wrong answer, in every lab of a service.
    pub fn no_answer(&mut self, error: LoadError) -> anyhow::Error {
        match (error, self.failure()) {
            (_, Some(failure)) => failure,
            (LoadError::NoAnswer { request, failure, .. }, None) => {
                anyhow!("{request} got no answer ({failure}), although the service is running")
            }
            (error, None) => error.into(),
        }
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
                Ok(Record::MachineFailed { message }) => return Err(anyhow!(message).context(MachineTrouble)),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    bail!("the service did not say within {ANSWER_LIMIT:?} what it has used")
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    return Err(self.ended(status));
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
                Ok(Record::MachineFailed { message }) => return Err(anyhow!(message).context(MachineTrouble)),
                Ok(record) => said.push(record),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    bail!("the service did not end in {STOP_LIMIT:?} after it was told to")
                }
            }
        }
        let status = self.child.wait()?;
        if status.success() && self.is_done.load(SeqCst) { Ok(said) } else { Err(self.ended(status)) }
    }

    fn wait_until_it_listens(&mut self) -> Result<SocketAddr> {
        let until = Instant::now() + START_LIMIT;
        loop {
            match self.records.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Record::Serving { address }) => return address.parse().context("the service's address is none"),
                Ok(Record::Failed { message }) => bail!("{message}"),
                Ok(Record::MachineFailed { message }) => return Err(anyhow!(message).context(MachineTrouble)),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => bail!("the service did not listen after {START_LIMIT:?}"),
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    return Err(self.ended(status));
                }
            }
        }
    }

    fn ended(&mut self, status: ExitStatus) -> anyhow::Error {
        // Its standard error is closed now, so whatever it said is about to be read.
        self.hears.take().map(std::thread::JoinHandle::join);
        let error = match self.last_words() {
            silent if silent.is_empty() => anyhow!("the service ended ({status})"),
            words => anyhow!("the service ended ({status}) and said:\n{words}"),
        };
        if is_from_outside(status) { error.context(MachineTrouble) } else { error }
    }
}

/// Somebody else ended it, which we only do when nobody asks any more: the kernel where memory has run out (SIGKILL), a limit of the
/// shell's on CPU time or on a file's length, or whoever sent it a signal. The signals below are those that a program brings upon itself.
fn is_from_outside(status: ExitStatus) -> bool {
    let own = [Signal::ABORT, Signal::SEGV, Signal::BUS, Signal::ILL, Signal::FPE, Signal::TRAP, Signal::SYS];
    status.signal().is_some_and(|signal| !own.map(Signal::as_raw).contains(&signal))
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
    service.stop()?.into_iter().for_each(|record| emit(&with_work(record, requests, String::new())));
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

/// Listens to a service's records. What is none is the learner's, who may print from the code that is looked at: it is read and dropped.
fn read_records(stdout: impl Read + Send + 'static, secret: Secret, is_done: Arc<AtomicBool>) -> Receiver<Record> {
    let (send, records) = channel();
    std::thread::spawn(move || {
        let (mut stdout, mut listener) = (BufReader::new(stdout), Listener::new(secret));
        while let Some(line) = next_line(&mut stdout, LONGEST_LINE) {
            match listener.hear(&line) {
                Heard::Text(_) => {}
                Heard::Payload(_, END) => is_done.store(true, SeqCst),
                Heard::Payload(_, json) => {
                    if serde_json::from_str(json).is_ok_and(|record| send.send(record).is_err()) {
                        return;
                    }
                }
                // The service has no more to say: whoever waits for it sees its output end.
                Heard::Lost => return,
            }
        }
    });
    records
}

/// A line, or as much of it as is kept at once; nothing at the end.
fn next_line(reader: &mut impl BufRead, longest: u64) -> Option<String> {
    let mut line = Vec::new();
    reader.take(longest).read_until(b'\n', &mut line).ok().filter(|&read| read > 0)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Some(String::from_utf8_lossy(&line).into_owned())
}

#[derive(Debug, Clone, Default)]
struct LastWords(Arc<Mutex<VecDeque<String>>>);

impl LastWords {
    fn listen(&self, stderr: impl Read + Send + 'static) -> std::thread::JoinHandle<()> {
        let words = Arc::clone(&self.0);
        std::thread::spawn(move || {
            let mut stderr = BufReader::new(stderr);
            while let Some(line) = next_line(&mut stderr, LONGEST_WORD) {
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
        Launch { command, arguments: Vec::new(), watch: Watch::Nothing }.start()
    }

    #[test]
    fn what_a_service_prints_is_no_record_of_it() {
        let secret = Secret::random();
        let mut signer = lab_results::channel::Signer::new(secret);
        let forged = r#"{"type":"used","cpu_ms":0.0}"#;
        let said = [forged.to_string(), signer.line(r#"{"type":"used","cpu_ms":7.0}"#), signer.line(END)].join("\n");
        let is_done = Arc::new(AtomicBool::new(false));
        let records = read_records(std::io::Cursor::new(said), secret, Arc::clone(&is_done));
        assert_eq!(records.iter().collect::<Vec<_>>(), [Record::Used { cpu_ms: 7.0 }]);
        assert!(is_done.load(SeqCst));
    }

    #[test]
    fn a_line_without_an_end_is_read_in_pieces() {
        let mut endless = BufReader::new(std::io::repeat(b'x'));
        assert_eq!(next_line(&mut endless, 1_000).map(|line| line.len()), Some(1_000));
        assert_eq!(next_line(&mut std::io::Cursor::new("a\nb"), 9).as_deref(), Some("a"));
    }

    #[test]
    fn a_service_that_does_not_start_is_quoted() {
        let message = launch("cat", "/no/such/file").unwrap_err().to_string();
        assert!(message.contains("/no/such/file"), "{message}");
    }

    #[test]
    fn a_service_that_somebody_else_ended_is_the_machines_trouble() {
        for (signal, is_machines) in [(9, true), (15, true), (24, true), (25, true), (6, false), (11, false)] {
            assert_eq!(is_from_outside(ExitStatus::from_raw(signal)), is_machines, "{signal}");
        }
        let killed = Launch { command: killing_itself(), arguments: Vec::new(), watch: Watch::Nothing }.start();
        assert!(killed.unwrap_err().downcast_ref::<MachineTrouble>().is_some());
    }

    fn killing_itself() -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "kill -KILL $$"]);
        command
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
