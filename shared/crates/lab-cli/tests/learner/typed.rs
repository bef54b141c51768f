//! How a verb and a lab are named, and what is said where they are not.

use std::process::Stdio;

use serde_json::Value;

use crate::checkout;
use crate::checkout::Checkout;

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

/// That every verb has help is a test beside the command line, in src/args.rs, which asks clap for all of them.
#[test]
fn help_is_no_error_and_goes_to_standard_output() {
    let checkout = Checkout::new();
    for (arguments, usage) in [
        (&["--help"][..], "Usage: cargo lab [COMMAND]"),
        (&["verify", "--help"], "Usage: cargo lab verify "),
        (&["baseline", "save", "--help"], "Usage: cargo lab baseline save "),
    ] {
        let help = checkout.lab(arguments);
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(help.stdout.contains(usage), "{arguments:?}: {}", help.stdout);
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
