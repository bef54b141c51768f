//! Who is still running, and who is told to end.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use lab_results::dispositions::is_ignored;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// Processes other than ours whose environment names the state folder: everything that `lab` starts inherits it.
pub fn descendants(state: &Path) -> Vec<u32> {
    let marker = format!("LAB_STATE={}", state.display());
    let processes = std::fs::read_dir("/proc").expect("Linux has /proc");
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|entry| entry == marker.as_bytes())
        })
        .collect()
}

pub fn assert_nothing_is_left(state: &Path, what: &str) {
    let until = Instant::now() + Duration::from_secs(20);
    while !descendants(state).is_empty() {
        assert!(Instant::now() < until, "{what}: still running: {:?}", descendants(state));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A signal that is ignored stays so in every child; one with a handler has its default there. Those that whoever started the tests ignores
/// (`nohup`, a script's `&`) get a handler that does nothing, so that no test depends on who that was.
pub fn take_the_defaults_for_our_children() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|signal| is_ignored(&status, *signal)) {
            signal_hook::flag::register(signal, Arc::default()).expect("it can be handled");
        }
    });
}

/// The same command, started by a shell that ignores these signals. dash would not ignore SIGCHLD.
pub fn ignoring(signals: &str, command: &Command) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("trap '' {signals}; exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

/// A child that a test which fails does not leave behind.
pub struct Started(pub Child);

impl Started {
    /// Its end, and what it said.
    pub fn output(mut self) -> super::Ran {
        use std::io::Read;
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let errors = self.0.stderr.take();
        std::thread::scope(|scope| {
            scope.spawn(|| errors.map(|mut pipe| pipe.read_to_end(&mut stderr)));
            self.0.stdout.take().map(|mut pipe| pipe.read_to_end(&mut stdout));
        });
        super::ran(std::process::Output { status: self.0.wait().expect("it ends"), stdout, stderr })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Where it has ended nobody is there to be killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends a signal by its name, such as `TERM`.
pub fn signal(pid: u32, name: &str) {
    let signal = match name {
        "HUP" => Signal::HUP,
        "INT" => Signal::INT,
        "QUIT" => Signal::QUIT,
        "TERM" => Signal::TERM,
        "KILL" => Signal::KILL,
        other => panic!("SIG{other} is not sent here"),
    };
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, signal).expect("it is there");
}
