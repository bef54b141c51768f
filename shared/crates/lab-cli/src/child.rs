//! Child processes: each in a group of its own, all of them gone when we are.

use std::io::{IsTerminal, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::fullscreen;

static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// The next signal is a wish to stop, and no interruption.
static STOPS: AtomicBool = AtomicBool::new(false);
static ASKED_TO_STOP: AtomicBool = AtomicBool::new(false);
/// A program that is no child of ours and that a debugger of ours stops; 0 where there is none.
static LOOKED_AT: AtomicI32 = AtomicI32::new(0);

/// How long a group may take to end on its own before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// The variable that `watch` sets for its verifications: they say their stages as JSON lines, and end with it.
pub const WATCHED: &str = "LAB_WATCHED";

/// Ends all children on Ctrl-C, Ctrl-\\, SIGTERM and SIGHUP, puts the terminal in order, and exits with 128 plus the signal's number.
pub fn end_children_on_signals() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGQUIT, SIGTERM, SIGHUP]).context("Failed to listen for signals")?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if STOPS.swap(false, SeqCst) {
                ASKED_TO_STOP.store(true, SeqCst);
                continue;
            }
            INTERRUPTED.store(true, SeqCst);
            let can_write = fullscreen::give_back();
            end_all();
            if can_write {
                say_interrupted();
            }
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// From now on the first signal only asks to stop, which is how a service ends; the second one interrupts as ever.
pub fn stop_at_next_signal() {
    STOPS.store(true, SeqCst);
}

/// True once a signal has asked.
pub fn is_asked_to_stop() -> bool {
    ASKED_TO_STOP.load(SeqCst)
}

/// The terminal may have gone with the signal: words that nobody can read must not keep us here, as a panic of `eprintln` would.
fn say_interrupted() {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        // A progress bar may have hidden the cursor.
        let _ = write!(stderr, "\r\x1b[K\x1b[?25h");
    }
    let _ = writeln!(stderr, "Interrupted: nothing is left running.");
}

/// True for a `lab` that another `lab` runs.
pub fn is_watched() -> bool {
    std::env::var_os(WATCHED).is_some()
}

/// A `lab` that another one runs ends with it, however that one ended.
pub fn end_with_parent() -> Result<()> {
    #[cfg(target_os = "linux")]
    if is_watched() {
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM)).context("Failed to follow our parent")?;
    }
    Ok(())
}

/// Ends every group: asks first, kills after a grace period.
pub fn end_all() {
    let groups = GROUPS.lock().expect("no thread panics with this lock").clone();
    for group in &groups {
        // Gone already is as good as ended.
        let _ = kill_process_group(*group, Signal::TERM);
    }
    // A watched `lab` has to be through with its children before the one above loses its patience.
    let until = Instant::now() + if is_watched() { GRACE / 2 } else { GRACE };
    while Instant::now() < until && groups.iter().any(|&group| is_alive(group)) {
        std::thread::sleep(Duration::from_millis(20));
    }
    for group in groups {
        let _ = kill_process_group(group, Signal::KILL);
    }
    // A debugger that had just begun leaves it stopped.
    if let Some(pid) = Pid::from_raw(LOOKED_AT.load(SeqCst)) {
        let _ = kill_process(pid, Signal::CONT);
    }
}

/// From now on, when we end, this program goes on; nobody's, where none is named.
pub fn goes_on_when_we_end(pid: Option<i32>) {
    LOOKED_AT.store(pid.unwrap_or(0), SeqCst);
}

fn is_alive(group: Pid) -> bool {
    rustix::process::test_kill_process_group(group).is_ok()
}

/// A running child and its group.
pub struct Running {
    /// The child itself; its pipes are the caller's.
    pub child: Child,
    group: Pid,
}

impl Running {
    /// Starts a command in a process group of its own.
    pub fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        // Held over the start, so that a signal in between finds the group.
        let mut groups = GROUPS.lock().expect("no thread panics with this lock");
        while INTERRUPTED.load(SeqCst) {
            // The signal's thread needs the list to end what is in it.
            drop(groups);
            wait_if_interrupted();
            groups = GROUPS.lock().expect("no thread panics with this lock");
        }
        let child = command.process_group(0).spawn().with_context(|| match program.as_str() {
            "cargo" => "Failed to run `cargo`: is Rust installed and on your PATH?".to_string(),
            other => format!("Failed to run {other}"),
        })?;
        let group = Pid::from_child(&child);
        groups.push(group);
        Ok(Running { child, group })
    }

    /// What ends the child from elsewhere while somebody waits for it.
    pub fn ender(&self) -> Ender {
        Ender(self.group)
    }

    /// Waits for the end.
    pub fn wait(mut self) -> Result<ExitStatus> {
        let status = self.child.wait().context("Failed to wait for a child process")?;
        self.forget();
        Ok(status)
    }

    /// Kills the whole group at once and waits.
    pub fn kill(self) -> Result<ExitStatus> {
        let _ = kill_process_group(self.group, Signal::KILL);
        self.wait()
    }

    fn forget(&self) {
        // What the child left behind in its group ends with it.
        let _ = kill_process_group(self.group, Signal::KILL);
        wait_if_interrupted();
        GROUPS.lock().expect("no thread panics with this lock").retain(|group| *group != self.group);
    }
}

/// Ends a child that another thread waits for.
#[derive(Debug, Clone, Copy)]
pub struct Ender(Pid);

impl Ender {
    /// Asks the child's group to end, with three seconds for it; `has_ended` waits that long for the news at most.
    pub fn end(self, has_ended: impl FnOnce(Duration) -> bool) {
        self.send(Signal::TERM);
        if !has_ended(GRACE) {
            self.send(Signal::KILL);
        }
    }

    fn send(self, signal: Signal) {
        let groups = GROUPS.lock().expect("no thread panics with this lock");
        if groups.contains(&self.0) {
            let _ = kill_process_group(self.0, signal);
        }
    }
}

/// A killed child is no result: once a signal came, only the signal's thread goes on.
fn wait_if_interrupted() {
    while INTERRUPTED.load(SeqCst) {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Runs a program that owns the terminal while it runs (a viewer, Criterion's output): same group, so Ctrl-C reaches it.
pub fn run_in_foreground(command: &mut Command) -> Result<ExitStatus> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.status().with_context(|| format!("Failed to run {program}"))
}

/// How a child ended, in words.
pub fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(6)) => "aborted".into(),
        (None, Some(11)) => "crashed (SIGSEGV)".into(),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".into(),
    }
}
