//! What a learner types, where nothing has to be built.

mod checkout;

use std::process::Stdio;

use checkout::Checkout;
use serde_json::Value;

const EDITED: &str = "labs/lab-01-string-building/src/manifest.rs";

#[test]
fn list_shows_every_lab_and_keeps_progress_by_name() {
    let checkout = Checkout::new();
    assert_eq!(checkout.lab(&["hint", "1"]).code, 0);
    let listed = checkout.lab(&["list", "--json"]);
    let rows: Value = serde_json::from_str(&listed.stdout).expect("JSON");
    let row =
        rows.as_array().expect("rows").iter().find(|row| row["name"] == "lab-01-string-building").expect("lab 01");
    assert_eq!((&row["state"], &row["progress"]["hints"]), (&Value::from("started"), &Value::from(1)));
    assert!(checkout.read(".lab/progress.json").contains("lab-01-string-building"));
}

#[test]
fn a_lab_has_many_names() {
    let checkout = Checkout::new();
    for name in ["1", "01", "lab-01", "string-building", "lab-01-string-building", "LAB-01"] {
        assert_eq!(checkout.lab(&["hint", name, "--level", "1"]).code, 0, "{name}");
    }
}

#[test]
fn an_unknown_lab_names_the_nearest() {
    let checkout = Checkout::new();
    let by_word = checkout.lab(&["verify", "sting-bilding"]);
    assert_eq!(by_word.code, 2);
    assert!(by_word.stderr.contains("string-building"), "{}", by_word.stderr);
    let by_number = checkout.lab(&["verify", "0"]);
    assert_eq!(by_number.code, 2);
    assert!(by_number.stderr.contains("01 (string-building)"), "{}", by_number.stderr);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let checkout = Checkout::new();
    for arguments in [&["verify"][..], &["verify", "1", "--sed", "7"], &["hint", "1", "--level", "5"], &["dance"]] {
        let ran = checkout.lab(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(!ran.stderr.is_empty());
    }
    assert!(checkout.lab(&["verify", "1", "--sed", "7"]).stderr.contains("--seed"));
}

#[test]
fn an_untouched_lab_differs_from_nothing() {
    let checkout = Checkout::new();
    let ran = checkout.lab(&["flamediff", "1"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    for advice in [EDITED, "cargo lab flamediff 01 --solution"] {
        assert!(ran.stderr.contains(advice), "{}", ran.stderr);
    }
}

#[test]
fn every_verb_has_help() {
    let checkout = Checkout::new();
    let help = checkout.lab(&["--help"]).stdout;
    for verb in [
        "list",
        "reproduce",
        "serve",
        "bench",
        "profile",
        "flamediff",
        "heap",
        "console",
        "hint",
        "answer",
        "verify",
        "watch",
        "diff",
        "solution",
        "reset",
        "doctor",
        "baseline",
        "prefetch",
        "report",
        "board",
        "dev",
    ] {
        assert!(help.contains(verb), "{verb} is not in the help");
        assert_eq!(checkout.lab(&[verb, "--help"]).code, 0, "{verb}");
    }
    // The load generator has help of its own, which has to be built.
    assert!(help.contains("  load "), "{help}");
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
    assert_eq!(checkout.lab(&["answer", "1", "9", "9", "9"]).code, 2);
    assert_eq!(checkout.lab(&["answer", "1", "1"]).code, 2);
    let nobody = checkout.lab(&["answer", "1"]);
    assert_eq!(nobody.code, 2, "no input is no answer");
    assert!(nobody.stderr.contains("cargo lab answer 01 N N N"), "{}", nobody.stderr);
}

#[test]
fn the_diff_is_the_lesson_whatever_was_edited() {
    let checkout = Checkout::new();
    checkout.lab(&["hint", "1"]);
    checkout.write(EDITED, "// mine\n");
    let diff = checkout.lab(&["diff", "1"]);
    assert_eq!(diff.code, 0, "{}", diff.stderr);
    assert!(diff.stdout.contains("+            writeln!("), "{}", diff.stdout);
    assert!(!diff.stdout.contains("mine"));
    assert!(!diff.stdout.contains('\u{1b}'), "no colour in a pipe");
}

#[test]
fn reset_keeps_the_attempt_and_says_where() {
    let checkout = Checkout::new();
    let original = checkout.read(EDITED);
    assert!(checkout.lab(&["reset", "1"]).stdout.contains("nothing to reset"));
    checkout.write(EDITED, "// mine\n");
    checkout.write("labs/lab-01-string-building/src/helper.rs", "// also mine\n");
    let reset: Value = serde_json::from_str(&checkout.lab(&["reset", "1", "--json"]).stdout).expect("JSON");
    let kept = reset["kept"].as_str().expect("a folder");
    assert_eq!(checkout.read(&format!("{kept}/src/manifest.rs")), "// mine\n");
    assert_eq!(checkout.read(&format!("{kept}/src/helper.rs")), "// also mine\n");
    assert_eq!(checkout.read(EDITED), original);
    assert!(!checkout.root.join("labs/lab-01-string-building/src/helper.rs").exists());
    checkout.write(EDITED, "// second\n");
    assert_eq!(checkout.lab(&["reset", "1"]).code, 0);
    assert_eq!(checkout.read(&format!("{kept}/src/manifest.rs")), "// mine\n", "the first attempt is still there");
}

#[test]
fn the_original_is_found_in_history_even_after_a_commit_on_top() {
    let checkout = Checkout::new();
    checkout.commit();
    let original = checkout.read(EDITED);
    checkout.write(EDITED, "// committed by the learner\n");
    checkout.commit();
    assert_eq!(checkout.lab(&["reset", "1"]).code, 0);
    assert_eq!(checkout.read(EDITED), original);
}

#[test]
fn an_archive_that_was_edited_before_its_first_run_says_what_to_do_and_loses_nothing() {
    let checkout = Checkout::new();
    checkout.write(EDITED, "// mine\n");
    let reset = checkout.lab(&["reset", "1"]);
    assert_eq!(reset.code, 3);
    assert!(reset.stderr.contains("put the original back"), "{}", reset.stderr);
    assert_eq!(checkout.read(EDITED), "// mine\n");
}

#[test]
fn one_lab_touched_keeps_the_originals_of_all() {
    let checkout = Checkout::new();
    assert_eq!(checkout.lab(&["hint", "1"]).code, 0);
    for lab in std::fs::read_dir(checkout.root.join("labs")).expect("listed").map(|lab| lab.expect("an entry")) {
        if lab.path().is_dir() {
            assert!(checkout.root.join(".lab/pristine").join(lab.file_name()).join("Cargo.toml").is_file(), "{lab:?}");
        }
    }
}

#[test]
fn a_removed_folder_is_named() {
    let checkout = Checkout::new();
    std::fs::remove_dir_all(checkout.root.join("solutions/solution-01-string-building")).expect("removed");
    let diff = checkout.lab(&["diff", "1"]);
    assert_eq!(diff.code, 3);
    assert!(diff.stderr.contains("solution-01-string-building") && diff.stderr.contains("restore"), "{}", diff.stderr);
    std::fs::remove_dir_all(checkout.root.join("labs/lab-01-string-building")).expect("removed");
    assert_eq!(checkout.lab(&["hint", "1"]).code, 2);
    assert_eq!(checkout.lab(&["list"]).code, 0, "the other labs are still there");
}

#[test]
fn a_target_that_cannot_be_written_says_so() {
    let checkout = Checkout::new();
    checkout.write("a-file", "");
    let ran =
        checkout.command(&["reproduce", "1"]).env("CARGO_TARGET_DIR", checkout.root.join("a-file/target")).output();
    let ran = checkout::ran(ran.expect("lab runs"));
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("CARGO_TARGET_DIR"), "{}", ran.stderr);
}

#[test]
fn a_broken_progress_file_is_set_aside() {
    let checkout = Checkout::new();
    checkout.write(".lab/progress.json", "{ half a fi");
    let list = checkout.lab(&["list"]);
    assert_eq!(list.code, 0);
    assert!(list.stderr.contains("kept as"), "{}", list.stderr);
    assert_eq!(checkout.read(".lab/progress.broken.json"), "{ half a fi");
}

#[test]
fn two_at_once_lose_neithers_progress() {
    let checkout = Checkout::new();
    let listed: Value = serde_json::from_str(&checkout.lab(&["list", "--json"]).stdout).expect("JSON");
    let names: Vec<&str> = listed.as_array().expect("rows").iter().filter_map(|row| row["name"].as_str()).collect();
    let start = |name: &str, level: &str| {
        checkout.command(&["hint", name, "--level", level]).stdout(Stdio::null()).spawn().expect("lab runs")
    };
    let running: Vec<_> = names.iter().flat_map(|name| ["1", "2", "3", "4"].map(|level| start(name, level))).collect();
    for mut child in running {
        assert!(child.wait().expect("it ends").success());
    }
    let progress: Value = serde_json::from_str(&checkout.read(".lab/progress.json")).expect("JSON");
    for name in names {
        assert_eq!(progress[name]["hints"], 4, "{progress}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let checkout = Checkout::new();
    let mut child =
        checkout.command(&["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("lab runs");
    drop(child.stdout.take());
    let ran = checkout::ran(child.wait_with_output().expect("it ends"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn a_narrow_terminal_is_kept_to() {
    let checkout = Checkout::new();
    let ran = checkout.command(&["list"]).env("COLUMNS", "60").output().expect("lab runs");
    for line in checkout::ran(ran).stdout.lines() {
        assert!(line.chars().count() <= 60, "{line:?}");
    }
}

#[test]
fn an_unknown_key_in_a_declaration_is_named() {
    let checkout = Checkout::new();
    let path = "labs/lab-01-string-building/Cargo.toml";
    checkout.write(path, &checkout.read(path).replace("minutes = ", "minuets = "));
    let list = checkout.lab(&["list"]);
    assert_eq!(list.code, 3);
    assert!(list.stderr.contains("minuets"), "{}", list.stderr);
}

#[test]
fn a_database_that_is_neither_is_refused() {
    let checkout = Checkout::new();
    let ran = checkout.command(&["reproduce", "1"]).env("DB", "oracle").output().expect("lab runs");
    let ran = checkout::ran(ran);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("postgres"), "{}", ran.stderr);
}

#[test]
fn outside_a_checkout_it_says_so() {
    let checkout = Checkout::new();
    let ran = checkout.command(&["list"]).current_dir("/").output().expect("lab runs");
    let ran = checkout::ran(ran);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("checkout"), "{}", ran.stderr);
}
