//! Signals and concurrency: nothing may be left running, and two runs may not disturb each other.

#![cfg(target_os = "linux")]

mod checkout;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use checkout::processes::{
    Started, assert_nothing_is_left, descendants, ignoring, signal, take_the_defaults_for_our_children,
};
use checkout::{ran, repository};
use lab_results::dispositions::is_ignored;
use tempfile::TempDir;

fn lab(arguments: &[&str], state: &Path) -> Command {
    take_the_defaults_for_our_children();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command
        .env_remove("COLUMNS")
        .env_remove("CLICOLOR_FORCE")
        .args(arguments)
        .current_dir(repository())
        // Inherited by everything that `lab` starts: what has it is a descendant.
        .env("LAB_STATE", state)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Each in the midst of a stage, which `lab` says itself where another one watches it; whatever the stage, more are to come.
#[test]
fn a_signal_in_any_phase_leaves_nothing_running() {
    for (verb, stage, name, code) in [
        ("verify", "Building", "INT", 130),
        ("verify", "Checking", "TERM", 143),
        ("verify", "Counting", "QUIT", 131),
        ("verify", "Timing", "INT", 130),
        ("verify", "Timing", "KILL", -1),
        ("reproduce", "Building", "HUP", 129),
    ] {
        let state = tempfile::tempdir().expect("a temporary folder");
        let mut command = lab(&[verb, "1"], state.path());
        let mut lab = Started(command.env("LAB_WATCHED", "1").spawn().expect("lab runs"));
        let mut said = BufReader::new(lab.0.stderr.take().expect("stderr is piped"));
        let beginning = format!("{{\"stage\":\"{stage}");
        let (mut line, mut before) = (String::new(), String::new());
        while !line.starts_with(&beginning) {
            before.push_str(&line);
            line.clear();
            let is_there = said.read_line(&mut line).expect("read") > 0;
            assert!(is_there, "{verb} ended before it was {stage}: {before}{:?}", lab.output());
        }
        signal(lab.0.id(), name);
        // Whoever still writes must be read.
        let mut last = String::new();
        std::io::Read::read_to_string(&mut said, &mut last).expect("read");
        let what = format!("{verb}, SIG{name} while {stage}");
        let ended = lab.output();
        assert_eq!(ended.code, code, "{what}: {last}");
        assert!(name == "KILL" || last.contains("nothing is left running"), "{what}: {last}");
        assert_nothing_is_left(state.path(), &what);
    }
}

/// Somebody else's signal is no fault of the code under test: no verdict, and nothing is kept of one.
#[test]
fn a_judged_program_that_is_ended_from_outside_gets_no_verdict() {
    let state = tempfile::tempdir().expect("a temporary folder");
    let lab = Started(lab(&["verify", "1", "--quick"], state.path()).spawn().expect("lab runs"));
    let is_judged = |pid: &u32| {
        let said = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        said.ends_with("lab-01-string-building-yours\0")
    };
    let until = Instant::now() + Duration::from_secs(120);
    let judged = loop {
        if let Some(pid) = descendants(state.path()).into_iter().find(is_judged) {
            break pid;
        }
        assert!(Instant::now() < until, "nothing is judged");
        std::thread::sleep(Duration::from_millis(5));
    };
    signal(judged, "TERM");
    let ended = lab.output();
    assert!(ended.code == 3 && ended.stderr.contains("ended from outside (SIGTERM)"), "{ended:?}");
    assert!(!state.path().join("progress.json").exists(), "no attempt is counted");
    assert_nothing_is_left(state.path(), "a judged program was ended");
}

/// A Cargo that says when it has begun, and goes on until it is told; with a compiler, as Cargo has.
struct SlowCargo {
    folder: TempDir,
}

impl SlowCargo {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().expect("a temporary folder");
        let script = "#!/bin/sh\ncd \"$(dirname \"$0\")\"\nsleep 600 >/dev/null 2>&1 &\necho $$ >begun.new\nmv begun.new begun\n\
                      while ! test -e go; do sleep 0.05; done\necho 'error: slow' >&2\nexit 101\n";
        let path = folder.path().join("cargo");
        std::fs::write(&path, script).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
        SlowCargo { folder }
    }

    fn lab(&self, arguments: &[&str]) -> Command {
        let mut command = lab(arguments, self.folder.path());
        command.env("CARGO", self.folder.path().join("cargo"));
        command
    }

    /// Its process, once it has begun.
    fn begun(&self) -> u32 {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            if let Ok(pid) = std::fs::read_to_string(self.folder.path().join("begun")) {
                return pid.trim().parse().expect("a number");
            }
            assert!(Instant::now() < until, "lab starts no build");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Cargo and its compilers know nothing of us.
#[test]
fn a_build_ends_with_a_lab_that_was_killed() {
    for (verb, name, code) in
        [("reproduce", "KILL", -1), ("bench", "KILL", -1), ("bench", "TERM", 143), ("bench", "HUP", 129)]
    {
        let cargo = SlowCargo::new();
        let lab = Started(cargo.lab(&[verb, "1"]).spawn().expect("lab runs"));
        cargo.begun();
        signal(lab.0.id(), name);
        assert_eq!(lab.output().code, code);
        assert_nothing_is_left(cargo.folder.path(), &format!("{verb}, SIG{name} in a build"));
    }
}

/// Whoever starts us with nohup, or from a script in the background, means it: for us and for what we start.
#[test]
fn what_was_ignored_at_the_start_stays_ignored() {
    let cargo = SlowCargo::new();
    let mut command = ignoring("HUP INT QUIT", &cargo.lab(&["reproduce", "1"]));
    let lab = Started(command.spawn().expect("bash runs"));
    let build = cargo.begun();
    let ignored = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
        [1, 2, 3].map(|signal| is_ignored(&status, signal))
    };
    ["HUP", "INT", "QUIT"].into_iter().for_each(|name| signal(lab.0.id(), name));
    assert_eq!((ignored(lab.0.id()), ignored(build)), ([true; 3], [true; 3]));
    std::fs::write(cargo.folder.path().join("go"), "").expect("written");
    let ended = lab.output();
    assert!(ended.code == 3 && ended.stderr.contains("error: slow"), "it went on to its own end: {ended:?}");
    assert_nothing_is_left(cargo.folder.path(), "ignored signals");
    // What is not ignored is heard as ever.
    let cargo = SlowCargo::new();
    let lab = Started(ignoring("HUP INT QUIT", &cargo.lab(&["reproduce", "1"])).spawn().expect("bash runs"));
    cargo.begun();
    signal(lab.0.id(), "TERM");
    assert_eq!(lab.output().code, 143);
    assert_nothing_is_left(cargo.folder.path(), "SIGTERM");
}

#[test]
fn two_verifications_of_one_lab_wait_for_each_other() {
    let state = tempfile::tempdir().expect("a temporary folder");
    let start = || lab(&["verify", "1", "--quick", "--seed", "7", "--json"], state.path()).spawn().expect("lab runs");
    let both = [start(), start()].map(|child| ran(child.wait_with_output().expect("it ends")));
    assert!(
        both.iter().any(|ran| ran.stderr.contains("waiting for it ...")),
        "without a terminal, too, it is said: {both:?}"
    );
    let counts = both.map(|ran| {
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        let mut verdict: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(verdict["outcome"], "not_yet");
        for at_size in verdict["counts"].as_array_mut().expect("counts") {
            // The one count that is measured.
            at_size["counts"].as_object_mut().expect("by name").remove("cpu_time_exponent");
        }
        verdict["counts"].to_string()
    });
    assert_eq!(counts[0], counts[1], "same seed, same counts");
}
