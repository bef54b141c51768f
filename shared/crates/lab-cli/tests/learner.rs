//! What a learner types, where nothing has to be built.

mod checkout;
#[cfg(target_os = "linux")]
mod pseudo_terminal;

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
    let folder = "labs/lab-01-string-building/";
    for name in ["1", "01", "lab-01", "string-building", "lab-01-string-building", "LAB-01", "string", "build", folder]
    {
        assert_eq!(checkout.lab(&["hint", name, "--level", "1"]).code, 0, "{name}");
    }
    assert_eq!(checkout.lab(&["hint", "x"]).code, 2, "a letter in the middle of a word");
    // A second lab with "pool" in its name.
    let twin = checkout.root.join("labs/lab-09-pool-twin");
    std::fs::create_dir(&twin).expect("created");
    let manifest = checkout.read("labs/lab-02-pool-exhaustion/Cargo.toml");
    std::fs::write(twin.join("Cargo.toml"), manifest.replace("lab-02-pool-exhaustion", "lab-09-pool-twin"))
        .expect("written");
    let several = checkout.lab(&["hint", "pool"]);
    assert_eq!(several.code, 2);
    for candidate in ["02 (pool-exhaustion)", "09 (pool-twin)"] {
        assert!(several.stderr.contains(candidate), "{}", several.stderr);
    }
}

#[test]
fn in_a_labs_folder_a_verb_means_that_lab() {
    let checkout = Checkout::new();
    for folder in ["labs/lab-04-n-plus-one", "labs/lab-04-n-plus-one/src", "solutions/solution-04-n-plus-one"] {
        let ran =
            checkout.command(&["hint", "--json"]).current_dir(checkout.root.join(folder)).output().expect("lab runs");
        let hint: Value = serde_json::from_str(&checkout::ran(ran).stdout).expect("JSON");
        assert_eq!(hint["lab"], "lab-04-n-plus-one", "{folder}");
    }
}

#[test]
fn a_verb_without_a_lab_names_the_labs_in_the_words_that_were_typed() {
    let checkout = Checkout::new();
    for verb in ["verify", "watch", "diff", "profile", "dump"] {
        let cargo = checkout.lab(&[verb]);
        assert_eq!(cargo.code, 2);
        let expected = format!("cargo lab {verb} 01");
        assert!(cargo.stderr.contains(&expected) && !cargo.stderr.contains("make"), "{}", cargo.stderr);
        let make = checkout::ran(checkout.command(&[verb]).env("MAKELEVEL", "1").output().expect("lab runs"));
        assert_eq!(make.code, 2);
        assert!(make.stderr.contains(&format!("make {verb}-01")), "{}", make.stderr);
        assert!(!make.stderr.contains("cargo lab"), "{}", make.stderr);
    }
    let make = checkout::ran(checkout.command(&["reproduce"]).env("MAKELEVEL", "1").output().expect("lab runs"));
    assert!(make.stderr.contains("make lab-01") && !make.stderr.contains("reproduce"), "{}", make.stderr);
}

/// What `make` would do is asked of make itself, which does nothing.
#[test]
fn make_works_in_the_folders_of_the_labs() {
    let checkout = Checkout::new();
    let asked = |folder: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new("make");
        command.arg("--dry-run").args(arguments).current_dir(checkout.root.join(folder)).stdin(Stdio::null());
        for variable in ["MAKELEVEL", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "ARGS"] {
            command.env_remove(variable);
        }
        let ran = checkout::ran(command.output().expect("make runs"));
        assert_eq!(ran.code, 0, "{folder} {arguments:?}: {}", ran.stderr);
        ran.stdout
    };
    for (folder, arguments, command) in [
        ("labs/lab-03-blocked-runtime", &["verify"][..], "scripts/lab verify 03"),
        ("labs/lab-03-blocked-runtime", &["lab"], "scripts/lab reproduce 03"),
        ("labs/lab-03-blocked-runtime", &["hint", "ARGS=--level 2"], "scripts/lab hint 03 --level 2"),
        ("labs/lab-03-blocked-runtime", &["verify-01"], "scripts/lab verify 01"),
        ("labs/lab-03-blocked-runtime", &["list"], "scripts/lab list"),
        ("labs/lab-03-blocked-runtime/src", &["verify"], "scripts/lab verify 03"),
        ("labs/lab-03-blocked-runtime/src", &["verify-01"], "scripts/lab verify 01"),
        ("labs/lab-03-blocked-runtime/hints", &["hint"], "scripts/lab hint 03"),
        ("labs/lab-03-blocked-runtime/benches", &["bench"], "scripts/lab bench 03"),
        (".", &["board", "ARGS=a.json"], "scripts/lab board a.json"),
        ("labs/lab-03-blocked-runtime", &["baseline", "ARGS=save x"], "scripts/lab baseline save x"),
        ("solutions/solution-03-blocked-runtime", &["verify"], "scripts/lab verify 03"),
        ("solutions", &["verify-02"], "scripts/lab verify 02"),
        ("labs", &["verify-02"], "scripts/lab verify 02"),
        ("labs", &["verify"], "scripts/lab verify"),
    ] {
        let said = asked(folder, arguments);
        assert!(said.lines().any(|line| line.contains(command)), "{folder} {arguments:?}: {said}");
    }
    let lab = "labs/lab-03-blocked-runtime";
    for folder in ["labs", lab, &format!("{lab}/src"), &format!("{lab}/hints"), &format!("{lab}/benches"), "solutions"]
    {
        assert!(asked(folder, &[]).contains("help"), "{folder}");
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
    assert!(ran.stderr.contains(EDITED), "{}", ran.stderr);
    let advice = "cargo lab flamediff 01 --solution";
    assert!(!ran.stderr.contains(advice), "the solution is for afterwards: {}", ran.stderr);
    solved(&checkout);
    assert!(checkout.lab(&["flamediff", "1"]).stderr.contains(advice));
}

/// The verbs that a help text lists.
fn verbs(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A line that goes on with the one before is indented further.
    let names = list.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    names.filter_map(|line| Some(line.split_whitespace().next()?.to_string())).collect()
}

#[test]
fn every_verb_has_help() {
    let checkout = Checkout::new();
    let help = checkout.lab(&["--help"]).stdout;
    let first = verbs(&help);
    for verb in ["verify", "load", "dev"] {
        assert!(first.iter().any(|listed| listed == verb), "{verb} is not in the help: {help}");
    }
    // The load generator has help of its own, which has to be built.
    for verb in first.iter().filter(|verb| *verb != "load") {
        let own = checkout.lab(&[verb, "--help"]);
        assert!(own.code == 0 && own.stdout.contains(&format!("Usage: cargo lab {verb}")), "{verb}: {own:?}");
        for second in verbs(&own.stdout) {
            let own = checkout.lab(&[verb, &second, "--help"]);
            assert!(
                own.code == 0 && own.stdout.contains(&format!("Usage: cargo lab {verb} {second}")),
                "{second}: {own:?}"
            );
        }
    }
}

#[test]
fn the_verb_solution_needs_no_option_of_that_name() {
    let own = Checkout::new().lab(&["solution", "--help"]);
    assert!(own.stdout.contains("--seed") && !own.stdout.contains("--solution"), "{}", own.stdout);
}

#[test]
fn a_build_for_the_load_generators_help_is_announced() {
    let checkout = Checkout::new();
    let ran = checkout.command(&["load", "--help"]).env("CARGO", "false").output();
    let ran = checkout::ran(ran.expect("lab runs"));
    assert!(ran.stderr.contains("It is built for that now, once"), "{}", ran.stderr);
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

/// What was solved before is told by the progress, as `verify` leaves it.
fn solved(checkout: &Checkout) {
    checkout.write(".lab/progress.json", r#"{"lab-01-string-building": {"hints": 1, "attempts": 2, "solved": true}}"#);
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
    assert!(list.stderr.contains("minuets"), "{}", list.stderr);
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
    assert_eq!(checkout.lab(&["dev", "check"]).code, 1);
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
