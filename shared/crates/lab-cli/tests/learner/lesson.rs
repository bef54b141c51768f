//! Hints, diagnosis and differences: what a learner is shown, and when.

use serde_json::Value;

use crate::EDITED;
use crate::checkout::Checkout;
#[cfg(target_os = "linux")]
use crate::pseudo_terminal;
use crate::solved;

#[test]
fn an_untouched_lab_differs_from_nothing() {
    let checkout = Checkout::new();
    let ran = checkout.lab(&["flamediff", "1"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains(EDITED), "{}", ran.stderr);
    let advice = "cargo lab flamediff 01 --solution";
    assert!(!ran.stderr.contains(advice), "the solution is for afterwards: {}", ran.stderr);
    solved(&checkout);
    assert!(checkout.lab(&["flamediff", "1"]).stderr.contains(advice));
}

#[test]
fn hints_come_one_at_a_time_and_never_run_out() {
    let checkout = Checkout::new();
    for level in ["1 of 4", "2 of 4", "3 of 4", "4 of 4", "4 of 4"] {
        let hint = checkout.lab(&["hint", "1"]);
        assert!(hint.stdout.contains(level), "{}", hint.stdout);
    }
}

#[test]
fn a_diagnosis_is_graded_and_recorded() {
    let checkout = Checkout::new();
    let right = checkout.lab(&["answer", "1", "2", "4", "2", "--json"]);
    let graded: Value = serde_json::from_str(&right.stdout).expect("JSON");
    assert_eq!((&graded["right"], &graded["of"]), (&Value::from(3), &Value::from(3)));
    let wrong = checkout.lab(&["answer", "1", "1", "4", "2"]);
    assert_eq!(wrong.code, 0, "feedback only");
    assert!(wrong.stdout.contains("2 of 3 right"), "{}", wrong.stdout);
    assert!(!wrong.stdout.contains("copying memory"), "the right choice is not given away");
    assert!(wrong.stdout.contains("not that: the flamegraph's tips are not in `fmt`"), "{}", wrong.stdout);
    assert_eq!(checkout.lab(&["answer", "1", "9", "9", "9"]).code, 2);
    assert_eq!(checkout.lab(&["answer", "1", "1"]).code, 2);
    let nobody = checkout.lab(&["answer", "1"]);
    assert_eq!(nobody.code, 2, "no input is no answer");
    assert!(nobody.stderr.contains("cargo lab answer 01 N N N"), "{}", nobody.stderr);
}

#[test]
fn before_solved_the_diff_is_your_own_and_the_solution_is_asked_for_twice() {
    let checkout = Checkout::new();
    let untouched = checkout.lab(&["diff", "1"]);
    assert!(untouched.code == 0 && untouched.stdout.contains("changed nothing"), "{}", untouched.stdout);
    checkout.write(EDITED, &format!("{}// mine\n", checkout.read(EDITED)));
    checkout.write("labs/lab-01-string-building/src/helper.rs", "// a helper\n");
    for arguments in [&["diff", "1"][..], &["diff", "1", "--yours"]] {
        let yours = checkout.lab(arguments);
        assert_eq!(yours.code, 0, "{}", yours.stderr);
        for line in ["+// mine", "+// a helper", "--- /dev/null", "make diff-01 ARGS=--solution"] {
            assert!(yours.stdout.contains(line), "{line}: {}", yours.stdout);
        }
        assert!(!yours.stdout.contains("writeln!("), "{}", yours.stdout);
    }
    let json: Value = serde_json::from_str(&checkout.lab(&["diff", "1", "--json"]).stdout).expect("JSON");
    assert!(
        json["of"] == "yours" && json["fix"].is_null() && json["diff"].as_str().is_some_and(|d| d.contains("+// mine"))
    );
    for arguments in [&["diff", "1", "--solution"][..], &["diff", "1", "--solution", "--json"]] {
        let refused = checkout.lab(arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(refused.stderr.contains("--solution --yes"), "{}", refused.stderr);
    }
    let progress = || -> Value { serde_json::from_str(&checkout.read(".lab/progress.json")).expect("JSON") };
    assert!(!checkout.root.join(".lab/progress.json").exists(), "nothing was looked at so far");
    let json: Value =
        serde_json::from_str(&checkout.lab(&["diff", "1", "--solution", "--yes", "--json"]).stdout).expect("JSON");
    assert!(json["of"] == "reference" && json["fix"].is_string());
    assert_eq!(progress()["lab-01-string-building"]["saw_solution"], true);
}

#[test]
fn what_is_looked_at_after_solved_is_no_help() {
    let checkout = Checkout::new();
    solved(&checkout);
    assert!(checkout.lab(&["diff", "1", "--yours"]).stdout.contains("changed nothing"));
    checkout.write(EDITED, &format!("{}// mine\n", checkout.read(EDITED)));
    let both = checkout.lab(&["diff", "1"]).stdout;
    assert!(both.contains("+// mine") && both.contains("+            writeln!("), "yours and the solution's: {both}");
    assert!(both.ends_with("\nNext: make lab-02 (the next lab: pool-exhaustion)\n"), "{both}");
    let hint: Value = serde_json::from_str(&checkout.lab(&["hint", "1", "--json"]).stdout).expect("JSON");
    assert_eq!(hint["level"], 2, "reading goes on where it was");
    let next: Value = serde_json::from_str(&checkout.lab(&["hint", "1", "--json"]).stdout).expect("JSON");
    assert_eq!(next["level"], 3, "and is remembered");
    let progress: Value = serde_json::from_str(&checkout.read(".lab/progress.json")).expect("JSON");
    let progress = &progress["lab-01-string-building"];
    assert_eq!((&progress["hints"], &progress["saw_solution"]), (&Value::from(1), &Value::from(false)));
    assert!(progress["saw_solution_at"].as_u64().is_some_and(|at| at > 0), "but it is known when");
}

#[test]
fn the_diff_is_the_lesson_whatever_was_edited() {
    let checkout = Checkout::new();
    checkout.lab(&["hint", "1"]);
    checkout.write(EDITED, "// mine\n");
    let diff = checkout.lab(&["diff", "1", "--solution", "--yes"]);
    assert_eq!(diff.code, 0, "{}", diff.stderr);
    assert!(diff.stdout.contains("+            writeln!("), "{}", diff.stdout);
    assert!(!diff.stdout.contains("mine"));
    assert!(!diff.stdout.contains('\u{1b}'), "no colour in a pipe");
}

#[test]
fn line_ends_and_what_an_editor_leaves_are_no_edit() {
    let checkout = Checkout::new();
    checkout.write(EDITED, &checkout.read(EDITED).replace('\n', "\r\n"));
    let left = "labs/lab-01-string-building/src/.manifest.rs.swp";
    checkout.write(left, "an editor's");
    let reset = checkout.lab(&["reset", "1"]);
    assert!(reset.stdout.contains("nothing to reset"), "{}{}", reset.stdout, reset.stderr);
    assert_eq!(checkout.read(left), "an editor's");
}

/// Somebody types, but what is asked goes into a pipe whose reader has gone: `lab answer 01 | true`.
#[cfg(target_os = "linux")]
#[test]
fn a_question_that_nobody_can_read_is_not_waited_at() {
    use std::time::{Duration, Instant};

    let checkout = Checkout::new();
    let lab = env!("CARGO_BIN_EXE_lab");
    // Once nothing more can be written, the reader has gone.
    let script = format!(
        "{{ trap '' PIPE; while echo 2>/dev/null; do :; done; '{lab}' answer 1; echo ended with $? >&2; }} | true"
    );
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(&checkout.root).env_remove("LAB_STATE").env_remove("MAKELEVEL");
    let mut terminal = pseudo_terminal::Terminal::run(&shell, 100, 60, true);
    terminal.wait();
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let seen = String::from_utf8_lossy(&terminal.bytes()).into_owned();
        assert!(!seen.contains("Broken pipe"), "{seen}");
        if seen.contains("ended with 2") {
            break;
        }
        assert!(Instant::now() < until, "{seen}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// On a terminal somebody can be asked, and only a yes shows the solution.
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_solution_is_shown_after_a_yes() {
    use std::time::{Duration, Instant};

    /// For what takes no time on a machine that has any.
    const PATIENCE: Duration = Duration::from_secs(60);
    let checkout = Checkout::new();
    for (answer, is_shown) in [("\r", false), ("n\r", false), ("y\r", true)] {
        let command = checkout.command(&["diff", "1", "--solution"]);
        let mut terminal = pseudo_terminal::Terminal::run(&command, 100, 60, true);
        terminal.wait_for("Show the solution?");
        terminal.press(answer);
        assert_eq!(terminal.wait().code(), Some(0));
        // The last bytes may still be on their way.
        let (last, until) =
            (if is_shown { "Why this is the solution" } else { "Not shown" }, Instant::now() + PATIENCE);
        while !String::from_utf8_lossy(&terminal.bytes()).contains(last) {
            assert!(Instant::now() < until, "{answer:?}: {last} was not said");
            std::thread::sleep(Duration::from_millis(20));
        }
        let progress = std::fs::read_to_string(checkout.root.join(".lab/progress.json")).unwrap_or_default();
        assert_eq!(progress.contains("\"saw_solution\": true"), is_shown, "{answer:?}");
    }
}
