//! Child processes: each in a group of its own, all of them gone when we are.

mod alive;
mod environment;
pub mod keeper;
mod thread;

use std::io::{IsTerminal, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lab_results::dispositions::is_ignored;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::fullscreen;
use alive::is_alive;
pub use environment::{Sees, command, tool};
pub use thread::{in_background, is_possible as is_thread_possible};

static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
/// Temporary folders to be removed where a signal ends us, which runs no destructors.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
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
/// The variable that tells lab programs to end with us, however we end.
pub const CHILD: &str = "LAB_CHILD";

/// Ends all children on Ctrl-C, Ctrl-\\, SIGTERM and SIGHUP, puts the terminal in order, and exits with 128 plus the signal's number.
///
/// A signal that was ignored when we began stays so, for us and for our children: `nohup`, and a script's `&`, mean what they say.
/// SIGCHLD is the exception.
pub fn end_children_on_signals() -> Result<()> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let heard = [SIGINT, SIGQUIT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(&status, *signal));
    let mut signals = Signals::new(heard).context("Failed to listen for signals")?;
    if is_ignored(&status, SIGCHLD) {
        // The kernel keeps no child's end for whoever ignores this signal, and `wait` fails. A handler that does nothing is enough, and
        // children begin with the default.
        signal_hook::flag::register(SIGCHLD, Arc::default()).context("Failed to listen for signals")?;
    }
    in_background("signals", move || {
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
    })?;
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
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let signal = if is_ignored(&status, SIGTERM) { Signal::KILL } else { Signal::TERM };
        rustix::process::set_parent_process_death_signal(Some(signal)).context("Failed to follow our parent")?;
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
    keeper::dismiss();
    for folder in FOLDERS.lock().expect("no thread panics with this lock").drain(..) {
        // What cannot be removed stays in the folder of temporary files, which is what that is for.
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// A temporary folder that goes away with this value, and also where a signal ends us.
#[derive(Debug)]
pub struct TemporaryFolder(tempfile::TempDir);

impl TemporaryFolder {
    /// A new one, in the folder of temporary files.
    pub fn new() -> std::io::Result<Self> {
        Self::new_in(&std::env::temp_dir())
    }

    /// A new one, in another folder.
    pub fn new_in(parent: &Path) -> std::io::Result<Self> {
        // Held over the making, so that a signal in between finds the folder.
        let mut folders = FOLDERS.lock().expect("no thread panics with this lock");
        let folder = tempfile::tempdir_in(parent)?;
        folders.push(folder.path().to_path_buf());
        Ok(TemporaryFolder(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        FOLDERS.lock().expect("no thread panics with this lock").retain(|folder| folder != self.0.path());
    }
}

/// From now on, when we end, this program goes on; nobody's, where none is named.
pub fn goes_on_when_we_end(pid: Option<i32>) {
    LOOKED_AT.store(pid.unwrap_or(0), SeqCst);
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
        let is_kept = !command.get_envs().any(|(name, value)| name == CHILD && value.is_some());
        if is_kept {
            keeper::will_start(command);
        }
        let child =
            command.process_group(0).spawn().map_err(thread::explained).with_context(|| match program.as_str() {
                "cargo" => "Failed to run `cargo`: is Rust installed and on your PATH?".to_string(),
                other => format!("Failed to run {other}"),
            });
        if is_kept {
            keeper::has_started(child.as_ref().ok().map(Pid::from_child));
        }
        let child = child?;
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
        keeper::ended(self.group);
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

/// Runs a program that owns the terminal while it runs (a viewer): same group, so that it may read the keys, Ctrl-C too.
pub fn run_in_foreground(command: &mut Command) -> Result<ExitStatus> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.status().map_err(thread::explained).with_context(|| format!("Failed to run {program}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_is_known_to_the_signals_thread_while_it_is_there() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let folder = TemporaryFolder::new_in(parent.path()).expect("created");
        let path = folder.path().to_path_buf();
        let is_known = || FOLDERS.lock().expect("no thread panics with this lock").contains(&path);
        assert!(path.starts_with(parent.path()) && path.is_dir() && is_known());
        drop(folder);
        assert!(!path.exists() && !is_known());
    }
}
