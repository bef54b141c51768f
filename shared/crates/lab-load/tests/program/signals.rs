//! Ctrl-C, Ctrl-\, SIGTERM, SIGHUP, and a reader that has gone.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread::sleep;
use std::time::{Duration, Instant};

use lab_results::dispositions::is_ignored;
use rustix::io::ioctl_fionbio;
use rustix::process::{Pid, Signal, kill_process};
#[cfg(target_os = "linux")]
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use crate::support::{Reply, Service, serve};
use crate::typed::{Folder, ran, to};

/// Long enough that only a hanging program meets it.
const PATIENCE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(20);
/// An hour of it.
const LONG: &str = "--profile soak --rate 50 --duration 1h";

/// A service that answers, and how often it was asked.
fn counting() -> (Service, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    (
        serve(move |_| {
            count.fetch_add(1, SeqCst);
            Reply::ok()
        }),
        asked,
    )
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        sleep(MOMENT);
    }
}

/// A signal that is ignored stays so in every child; one with a handler has its default there. Those that whoever started the tests ignores
/// get a handler that does nothing, so that nothing here depends on who that was.
fn take_the_defaults_for_our_children() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|signal| is_ignored(&status, *signal)) {
        signal_hook::flag::register(signal, Arc::default()).unwrap();
    }
}

/// Starts an hour of load, and interrupts it after a few requests.
fn interrupted(signal: Signal, words: &str) -> crate::typed::Ran {
    take_the_defaults_for_our_children();
    let (service, asked) = counting();
    let folder = Folder::new();
    let child = folder.command(&to(service.address, &format!("{LONG} {words}"))).spawn().unwrap();
    wait_until("it sends nothing", || asked.load(SeqCst) >= 5);
    send(&child, signal);
    ran(child.wait_with_output().unwrap())
}

fn send(child: &Child, signal: Signal) {
    let _ = kill_process(Pid::from_child(child), signal);
}

#[test]
fn an_interrupted_run_reports_what_it_measured() {
    for (signal, code) in [(Signal::INT, 130), (Signal::QUIT, 131), (Signal::HUP, 129)] {
        interrupted(signal, "").says(code, &["Interrupted: this is what was measured until then", "p99.9"]);
    }
    let ran = interrupted(Signal::TERM, "--json");
    let document = ran.document();
    assert_eq!((ran.code, document.interrupted, document.judgement), (Some(143), true, None));
    assert!(document.overall.ok >= 4, "{:?}", document.overall);
}

#[test]
fn an_interrupted_search_reports_what_it_found() {
    let ran = interrupted(Signal::INT, "").code;
    assert_eq!(ran, Some(130));
    let (service, asked) = counting();
    let folder = Folder::new();
    let words = to(service.address, "--find-knee --rate 50 --step 1h");
    let child = folder.command(&words).spawn().unwrap();
    wait_until("it sends nothing", || asked.load(SeqCst) >= 5);
    send(&child, Signal::INT);
    crate::typed::ran(child.wait_with_output().unwrap()).says(130, &["The search was stopped after 0 steps"]);
}

/// The result cannot be printed, because nobody reads and the pipe is full: the second Ctrl-C must not wait for it.
#[test]
fn a_second_signal_ends_it_at_once() {
    take_the_defaults_for_our_children();
    let (service, asked) = counting();
    let folder = Folder::new();
    let (_reader, mut writer) = std::io::pipe().unwrap();
    ioctl_fionbio(&writer, true).unwrap();
    while writer.write(&[0; 4096]).is_ok() {}
    ioctl_fionbio(&writer, false).unwrap();
    let mut child = folder.command(&to(service.address, LONG)).stdout(writer).spawn().unwrap();
    wait_until("it sends nothing", || asked.load(SeqCst) >= 5);
    let until = Instant::now() + PATIENCE;
    let status: ExitStatus = loop {
        // Two that come at once are one.
        send(&child, Signal::INT);
        sleep(MOMENT);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("it does not end");
        }
    };
    assert_eq!(status.signal(), Some(2));
}

#[test]
fn a_reader_that_has_gone_changes_no_verdict() {
    let (service, _) = counting();
    let folder = Folder::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let words = to(service.address, "--profile soak --rate 50 --duration 100ms --report report.json");
    let ran = ran(folder.command(&words).stdout(writer).output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!ran.stderr.contains("error"), "{ran:?}");
    assert!(folder.read("report.json").contains("\"pass\""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_has_gone_changes_no_verdict() {
    let (service, _) = counting();
    let folder = Folder::new();
    // No other test's child keeps it open.
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let terminal = ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    drop(master);
    let words = to(service.address, "--profile soak --rate 50 --duration 100ms --report report.json");
    let ran = ran(folder.command(&words).stdout(terminal).output().unwrap());
    assert!(ran.code == Some(0) && !ran.stderr.contains("error"), "{ran:?}");
    assert!(folder.read("report.json").contains("\"pass\""));
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_ignored_at_the_start_stays_ignored() {
    take_the_defaults_for_our_children();
    let (service, asked) = counting();
    let folder = Folder::new();
    let program = folder.command(&to(service.address, LONG));
    let mut ignoring = Command::new("sh");
    ignoring.args(["-c", "trap '' INT; exec \"$0\" \"$@\""]).arg(program.get_program()).args(program.get_args());
    ignoring.current_dir(program.get_current_dir().unwrap()).env_remove("LAB_ROOT").stdin(Stdio::null());
    let mut child = ignoring.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("it sends nothing", || asked.load(SeqCst) >= 5);
    send(&child, Signal::INT);
    let before = asked.load(SeqCst);
    wait_until("it sends nothing more", || asked.load(SeqCst) >= before + 5);
    assert!(child.try_wait().unwrap().is_none());
    send(&child, Signal::TERM);
    ran(child.wait_with_output().unwrap()).says(143, &["Interrupted: this is what was measured until then"]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_measured_is_kept_where_it_cannot_be_shown() {
    let (service, _) = counting();
    let folder = Folder::new();
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let words = "--profile soak --rate 50 --duration 100ms --report report.json --hdr run.hlog";
    let lost = ran(folder.command(&to(service.address, words)).stdout(full()).output().unwrap());
    lost.says(2, &["Failed to print the result", "No space left"]);
    assert!(
        folder.read("report.json").contains("\"pass\"") && folder.read("run.hlog").contains("Histogram log format")
    );
    // What is in the way of one file is in the way of nothing else. Standard error says less than the exit code.
    let words = "--profile soak --rate 50 --duration 100ms --report report.json";
    let unheard = ran(folder.command(&to(service.address, words)).stderr(full()).output().unwrap());
    unheard.says(0, &["PASS"]);
    let help = ran(folder.command("--help").stdout(full()).output().unwrap());
    assert_eq!(help.code, Some(2), "{help:?}");
}
