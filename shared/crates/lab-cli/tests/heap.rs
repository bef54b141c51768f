//! `lab heap`, with the real profilers. Counts, never times.

mod checkout;

use std::process::{Command, Stdio};

use checkout::{Checkout, ran, repository};
use serde_json::Value;

/// In the repository itself, whose builds are there already.
fn heap(arguments: &[&str]) -> Vec<Value> {
    let state = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
    command.arg("heap").args(arguments).arg("--json");
    command.current_dir(repository()).env("LAB_STATE", state.path()).stdin(Stdio::null());
    let ran = ran(command.output().expect("lab runs"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// The one record of a kind in a run.
fn record<'a>(run: &'a Value, kind: &str) -> &'a Value {
    let records = run["records"].as_array().expect("records");
    records.iter().find(|record| record["type"] == kind).unwrap_or_else(|| panic!("no {kind}: {run}"))
}

#[test]
#[ignore = "compiles dhat; .ci/run runs it"]
fn the_solution_of_lab_01_asks_for_less_and_both_sides_are_kept() {
    let lines = heap(&["1", "--solution", "--smoke"]);
    let [before, after, compared] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&before["subject"], &after["subject"]), (&Value::from("original"), &Value::from("reference")));
    assert_eq!(before["seed"], after["seed"]);
    let blocks = |run: &Value| record(run, "heap")["total_blocks"].as_u64().expect("a count");
    assert!(blocks(before) > 20 * blocks(after), "{} blocks, {} after", blocks(before), blocks(after));
    assert_eq!(compared["totals"][1], serde_json::json!(["blocks requested", blocks(before), blocks(after)]));
    let first = &compared["functions"][0];
    assert_eq!(first["name"], "manifest::carrier_manifest", "matched although the crates differ: {first}");
    assert!(first["before"]["bytes"].as_u64() > first["after"]["bytes"].as_u64(), "{first}");
    let places = first["before"]["places"].as_array().expect("places");
    assert!(places.iter().all(|place| place.as_str().is_some_and(|place| place.starts_with("src/manifest.rs:"))));
    for run in [before, after] {
        let heap = record(run, "heap");
        for file in ["file", "svg"] {
            let path = heap[file].as_str().expect("a path");
            assert!(std::fs::metadata(path).is_ok_and(|file| file.len() > 0), "{path}");
        }
        let kept = std::path::Path::new(heap["svg"].as_str().expect("a path")).with_file_name("run.json");
        let kept: Value = serde_json::from_str(&std::fs::read_to_string(kept).expect("kept")).expect("JSON");
        assert_eq!(&kept, run, "what is printed is what is kept");
    }
}

#[test]
#[ignore = "compiles dhat; .ci/run runs it"]
fn the_same_program_asks_for_the_same_every_time() {
    let runs = [heap(&["1", "--smoke"]), heap(&["1", "--smoke"])];
    let [first, second] = runs.each_ref().map(|run| record(&run[0], "heap"));
    assert_eq!(first, second);
}

#[test]
#[ignore = "compiles jemalloc; .ci/run runs it"]
fn what_a_service_holds_is_seen_while_it_holds_it() {
    if repository().to_string_lossy().contains(' ') {
        println!("skipped: jemalloc cannot be built in a folder with a space in its name");
        return;
    }
    // The whole four seconds: the smallest run could end between two looks.
    let lines = heap(&["3", "--live"]);
    let live = record(&lines[0], "live_heap");
    assert!(live["looks"].as_u64() > Some(1), "{live}");
    // A password hash takes 19 MiB while it is computed, and nothing of it is left at the end.
    assert!(live["live_bytes"].as_u64() > Some(19 << 20), "{}", live["live_bytes"]);
    let first = &live["sites"][0]["frames"][0];
    assert!(first.as_str().is_some_and(|frame| frame.contains("sign_in")), "{first}");
    let svg = std::fs::read_to_string(live["svg"].as_str().expect("a path")).expect("kept");
    assert!(svg.contains("argon2") && svg.contains("Bytes live"), "the flamegraph names who asked");
}

#[test]
fn what_does_not_run_for_long_holds_nothing() {
    let ran = Checkout::new().lab(&["heap", "1", "--live"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("cargo lab heap 01") && ran.stderr.contains("blocked-runtime"), "{}", ran.stderr);
}
