//! What is kept: originals, attempts and progress, whatever has happened to the checkout.

use std::process::Stdio;

use serde_json::Value;

use crate::EDITED;
use crate::checkout;
use crate::checkout::Checkout;

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

/// git is a child whose end is waited for, which the kernel does not tell to whoever ignores SIGCHLD.
#[test]
fn children_are_waited_for_also_where_their_end_was_ignored_at_the_start() {
    let checkout = Checkout::new();
    checkout.commit();
    checkout.write(EDITED, "// mine\n");
    let mut command = checkout::processes::ignoring("CHLD", &checkout.command(&["diff", "1"]));
    let diff = checkout::ran(command.output().expect("bash runs"));
    assert!(diff.code == 0 && diff.stdout.contains("+// mine"), "{diff:?}");
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
    let diff = checkout.lab(&["diff", "1", "--solution", "--yes"]);
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

/// Puts each of these in the place of the progress, and sees that verbs go on, and where it is kept.
#[test]
fn what_is_not_our_progress_is_set_aside_and_no_verb_ends() {
    let checkout = Checkout::new();
    let path = checkout.root.join(".lab/progress.json");
    std::fs::create_dir_all(checkout.root.join(".lab")).expect("created");
    for (number, bytes) in
        [&b"{ half a fi"[..], b"\xff\xfe\x00", b"[]", b"{\"lab-01-string-building\": 3}"].iter().enumerate()
    {
        std::fs::write(&path, bytes).expect("written");
        let list = checkout.lab(&["list"]);
        assert_eq!(list.code, 0, "{}", list.stderr);
        let aside =
            if number == 0 { "progress.broken.json".into() } else { format!("progress.broken-{}.json", number + 1) };
        assert!(list.stderr.contains(&aside), "{}", list.stderr);
        assert_eq!(std::fs::read(checkout.root.join(".lab").join(aside)).expect("kept"), *bytes);
        let hint = checkout.lab(&["hint", "1"]);
        assert!(hint.code == 0 && hint.stderr.is_empty(), "{}", hint.stderr);
    }
    std::fs::remove_file(&path).expect("removed");
    std::fs::create_dir(&path).expect("a folder");
    let answer = checkout.lab(&["answer", "1", "2", "4", "2"]);
    assert!(answer.code == 0 && answer.stderr.contains("not a file"), "{}", answer.stderr);
    assert!(checkout.read(".lab/progress.json").contains("3 of 3"));
    std::fs::remove_file(&path).expect("removed");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
    assert!(made.success());
    let list = checkout.lab(&["list"]);
    assert!(list.code == 0 && list.stderr.contains("not a file"), "{}", list.stderr);
    std::os::unix::fs::symlink("nowhere", &path).expect("linked");
    assert_eq!(checkout.lab(&["hint", "1"]).code, 0);
}

#[test]
fn progress_that_is_kept_elsewhere_behind_a_link_stays_there() {
    let checkout = Checkout::new();
    checkout.write("elsewhere/mine.json", "{}");
    std::fs::create_dir_all(checkout.root.join(".lab")).expect("created");
    let link = checkout.root.join(".lab/progress.json");
    std::os::unix::fs::symlink("../elsewhere/mine.json", &link).expect("linked");
    assert_eq!(checkout.lab(&["hint", "1"]).code, 0);
    assert!(link.is_symlink(), "the link has become a file");
    assert!(checkout.read("elsewhere/mine.json").contains("lab-01-string-building"));
}

#[test]
fn labs_that_are_not_here_keep_their_progress_and_no_hint_is_read_that_there_is_not() {
    let checkout = Checkout::new();
    checkout.write(
        ".lab/progress.json",
        r#"{"lab-77-elsewhere": {"attempts": 9}, "lab-01-string-building": {"hints": 255}}"#,
    );
    assert!(checkout.lab(&["hint", "1"]).stdout.contains("4 of 4"));
    let progress: Value = serde_json::from_str(&checkout.read(".lab/progress.json")).expect("JSON");
    assert_eq!(progress["lab-77-elsewhere"]["attempts"], 9);
    assert_eq!(progress["lab-01-string-building"]["hints"], 4);
}

/// A file in the place of the folder stops everybody, root too.
#[test]
fn progress_that_cannot_be_kept_is_no_reason_to_hide_a_hint() {
    let checkout = Checkout::new();
    checkout.write("a-file", "");
    let state = checkout.root.join("a-file/state");
    for arguments in [&["hint", "1"][..], &["answer", "1", "2", "4", "2"], &["list"]] {
        let ran = checkout::ran(checkout.command(arguments).env("LAB_STATE", &state).output().expect("lab runs"));
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stdout.is_empty());
        assert!(!ran.stderr.contains("CARGO_TARGET_DIR"), "{}", ran.stderr);
        assert_eq!(ran.stderr.contains("LAB_STATE"), arguments[0] != "list", "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn an_empty_state_folder_is_none_and_a_relative_one_lies_in_the_checkout() {
    let checkout = Checkout::new();
    for (state, kept) in [("", ".lab"), ("elsewhere", "elsewhere")] {
        let mut command = checkout.command(&["hint", "1"]);
        let hint = command.current_dir(checkout.root.join("labs")).env("LAB_STATE", state).output();
        assert_eq!(checkout::ran(hint.expect("lab runs")).code, 0);
        assert!(checkout.root.join(kept).join("progress.json").is_file(), "{kept}");
    }
}

/// The originals are in the checkout: that no copy can be kept is said once, and the answer is given.
#[test]
fn originals_that_cannot_be_kept_are_no_reason_to_hide_a_difference() {
    let checkout = Checkout::new();
    checkout.commit();
    checkout.write(EDITED, "// mine\n");
    checkout.write("a-file", "");
    let state = checkout.root.join("a-file/state");
    let diff = checkout::ran(checkout.command(&["diff", "1"]).env("LAB_STATE", &state).output().expect("lab runs"));
    assert!(diff.code == 0 && diff.stdout.contains("+// mine"), "{diff:?}");
    assert_eq!(diff.stderr.matches("originals are not kept").count(), 1, "{}", diff.stderr);
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
fn a_broken_manifest_stops_its_own_lab_only_and_reset_mends_it() {
    let checkout = Checkout::new();
    assert_eq!(checkout.lab(&["hint", "1"]).code, 0, "the originals are kept");
    let path = "labs/lab-01-string-building/Cargo.toml";
    let original = checkout.read(path);
    checkout.write(path, "[package\n");
    let list = checkout.lab(&["list"]);
    assert_eq!(list.code, 0, "{}", list.stderr);
    assert!(list.stdout.contains("04-n-plus-one") && list.stderr.contains("make reset-01"), "{}", list.stderr);
    assert_eq!(checkout.lab(&["hint", "4"]).code, 0);
    let broken = checkout.lab(&["hint", "1"]);
    assert_eq!(broken.code, 3);
    assert!(broken.stderr.contains("make reset-01"), "{}", broken.stderr);
    for name in ["1", "string-building"] {
        checkout.write(path, "[package\n");
        let reset = checkout.lab(&["reset", name]);
        assert_eq!(reset.code, 0, "{}", reset.stderr);
        assert_eq!(checkout.read(path), original);
    }
}

#[test]
fn what_stands_in_a_sources_place_is_said_and_kept_by_reset() {
    let checkout = Checkout::new();
    assert_eq!(checkout.lab(&["hint", "1"]).code, 0, "the originals are kept");
    let (original, source) = (checkout.read(EDITED), checkout.root.join(EDITED));
    std::fs::remove_file(&source).expect("removed");
    let reset = checkout.lab(&["reset", "1"]).stdout;
    assert!(reset.contains("src/manifest.rs had gone and is back") && !reset.contains("attempts"), "{reset}");
    std::fs::remove_file(&source).expect("removed");
    checkout.write(&format!("{EDITED}/notes.txt"), "mine");
    let reset = checkout.lab(&["reset", "1", "--json"]);
    let reset: Value = serde_json::from_str(&reset.stdout).unwrap_or_else(|_| panic!("{}", reset.stderr));
    let kept = reset["kept"].as_str().expect("a folder");
    assert_eq!(checkout.read(&format!("{kept}/src/manifest.rs/notes.txt")), "mine");
    assert_eq!(checkout.read(EDITED), original);
}
