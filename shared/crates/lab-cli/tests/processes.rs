//! Signals and concurrency, with real builds: nothing may be left running, and two runs may not disturb each other.

#![cfg(target_os = "linux")]

mod checkout;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use checkout::processes::{assert_nothing_is_left, signal};
use checkout::{ran, repository};

fn lab(arguments: &[&str], state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command
        .args(arguments)
        .current_dir(repository())
        // Inherited by everything that `lab` starts: what has it is a descendant.
        .env("LAB_STATE", state)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn a_signal_in_any_phase_leaves_nothing_running() {
    for (verb, name, after_ms) in [
        ("verify", "INT", 50),
        ("verify", "INT", 1_000),
        ("verify", "INT", 2_500),
        ("verify", "TERM", 4_000),
        ("reproduce", "INT", 600),
        ("reproduce", "HUP", 1_500),
        ("verify", "KILL", 2_500),
    ] {
        let state = tempfile::tempdir().expect("a temporary folder");
        let child = lab(&[verb, "1"], state.path()).spawn().expect("lab runs");
        std::thread::sleep(Duration::from_millis(after_ms));
        signal(child.id(), name);
        let what = format!("{verb}, SIG{name} after {after_ms} ms");
        let ran = ran(child.wait_with_output().expect("it ends"));
        // It may have been through already; then it ended as it always does.
        let by_signal = match name {
            "INT" => 130,
            "TERM" => 143,
            "HUP" => 129,
            _ => -1,
        };
        assert!([0, 1, by_signal].contains(&ran.code), "{what} ended with {}: {}", ran.code, ran.stderr);
        assert_nothing_is_left(state.path(), &what);
    }
}

#[test]
fn two_verifications_of_one_lab_wait_for_each_other() {
    let state = tempfile::tempdir().expect("a temporary folder");
    let start = || lab(&["verify", "1", "--quick", "--seed", "7", "--json"], state.path()).spawn().expect("lab runs");
    let both = [start(), start()].map(|child| ran(child.wait_with_output().expect("it ends")));
    let counts = both.map(|ran| {
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        let verdict: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(verdict["outcome"], "not_yet");
        verdict["counts"].to_string()
    });
    assert_eq!(counts[0], counts[1], "same seed, same counts");
}
