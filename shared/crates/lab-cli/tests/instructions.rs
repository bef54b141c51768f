//! `verify --instructions`, with the real valgrind: the same count every time, and clear words where nothing can be counted.

mod checkout;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use checkout::{Ran, is_installed, ran, repository};

/// In the repository itself, whose builds are there already. An attempt is judged, so that the learner's progress is not touched.
fn verify(arguments: &[&str], path: Option<&Path>) -> Ran {
    let state = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
    command.arg("verify").args(arguments).args(["--quick", "--seed", "7", "--instructions", "--json"]);
    command.current_dir(repository()).env("LAB_STATE", state.path()).stdin(Stdio::null());
    if let Some(path) = path {
        // Without either, the first attempt to build anything would end in another error.
        command.env("PATH", path).env_remove("CARGO");
    }
    ran(command.output().expect("lab runs"))
}

fn has_valgrind() -> bool {
    is_installed("valgrind", "instructions are counted by valgrind (apt-get install valgrind)")
}

/// Instructions by subject; nothing for a subject of which none could be counted.
fn counted(ran: &Ran) -> BTreeMap<String, Option<u64>> {
    let verdict: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let subjects = verdict["instructions"].as_array().expect("they were asked for").iter();
    let by_subject = subjects.map(|counted| {
        assert!(counted["size"].as_u64().is_some_and(|size| size > 0));
        let count = counted["counts"].get("instructions").map(|count| count.as_f64().expect("a number") as u64);
        (counted["subject"].as_str().expect("a name").to_string(), count)
    });
    by_subject.collect()
}

#[test]
fn the_count_is_the_same_in_every_run_and_smaller_for_the_reference() {
    if !has_valgrind() {
        return;
    }
    let runs: Vec<_> = (0..3).map(|_| counted(&verify(&["1", "--reference"], None))).collect();
    assert!(runs.iter().all(|run| *run == runs[0]), "same program, same input, different counts: {runs:?}");
    let of = |subject: &str| runs[0][subject].expect("one thread only");
    assert!(of("reference") < of("original"), "{runs:?}");
    // The solution as the attempt is the reference under another name.
    assert!(of("yours").abs_diff(of("reference")) * 1_000 < of("reference"), "{runs:?}");
}

#[test]
fn a_program_that_starts_threads_has_no_count_rather_than_a_part_of_one() {
    if !has_valgrind() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let attempt = folder.path().join("manifest.rs");
    let solution = repository().join("solutions/solution-01-string-building/src/manifest.rs");
    let text = std::fs::read_to_string(solution).expect("the solution is there");
    let elsewhere = text.replace("pub fn carrier_manifest(", "fn on_this_thread(")
        + "\n/// The same on another thread.\npub fn carrier_manifest(orders: &[Order]) -> String {\n    \
           std::thread::scope(|scope| scope.spawn(|| on_this_thread(orders)).join().expect(\"no panic\"))\n}\n";
    std::fs::write(&attempt, elsewhere).expect("written");
    let counted = counted(&verify(&["1", "--attempt", attempt.to_str().expect("Unicode")], None));
    assert_eq!(counted["yours"], None);
    assert!(counted["reference"].is_some());
}

#[test]
fn labs_whose_instructions_say_nothing_name_what_is_counted_instead() {
    for (lab, count) in [("3", "poll_cpu_ms_max"), ("4", "statements")] {
        let ran = verify(&[lab], None);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("several threads") && ran.stderr.contains(count), "{}", ran.stderr);
    }
}

#[test]
fn without_valgrind_it_says_how_to_get_it_before_it_builds() {
    let nowhere = tempfile::tempdir().expect("a temporary folder");
    let ran = verify(&["1", "--reference"], Some(nowhere.path()));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    for words in ["valgrind is not installed", "apt-get install valgrind", "brew install valgrind"] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}
