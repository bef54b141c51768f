//! What somebody types who writes a lab.

mod checkout;

use checkout::Checkout;

#[test]
fn a_new_lab_only_lacks_its_recorded_figures() {
    let checkout = Checkout::new();
    let new = checkout.lab(&["dev", "new", "99", "slow-export"]);
    assert_eq!(new.code, 0, "{}", new.stderr);
    assert!(checkout.lab(&["list"]).stdout.contains("99-slow-export"));
    assert!(checkout.read("README.md").contains("labs/lab-99-slow-export/README.md"), "the table is current");
    let check = checkout.lab(&["dev", "check", "99"]);
    assert_eq!(check.code, 1);
    let problems: Vec<&str> = check.stdout.lines().filter(|line| line.contains("lab-99")).collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("has no figures"), "{problems:?}");
}

#[test]
fn a_new_lab_takes_no_ones_place() {
    let checkout = Checkout::new();
    for arguments in
        [["1", "another"], ["98", "string-building"], ["98", "Not A Slug"], ["0", "zero"], ["100", "hundred"]]
    {
        assert_eq!(checkout.lab(&["dev", "new", arguments[0], arguments[1]]).code, 2, "{arguments:?}");
    }
}

#[test]
fn a_stale_table_an_identical_file_and_a_missing_hint_are_found() {
    let checkout = Checkout::new();
    checkout.write("README.md", &checkout.read("README.md").replace("| 1 |", "| 2 |"));
    let twin = checkout.read("labs/lab-01-string-building/src/lib.rs");
    checkout.write("solutions/solution-01-string-building/src/twin.rs", &twin);
    checkout.write("labs/lab-01-string-building/hints/3.md", "\n");
    let check = checkout.lab(&["dev", "check"]);
    assert_eq!(check.code, 1);
    for problem in ["README.md is stale", "src/lib.rs is identical", "hints/3.md is missing or empty"] {
        assert!(check.stdout.contains(problem), "{problem}: {}", check.stdout);
    }
}

#[test]
fn sources_that_differ_from_the_lock_fail_in_ci_only() {
    let checkout = Checkout::new();
    checkout.write("labs/lab-01-string-building/src/manifest.rs", "// mine\n");
    let learner = checkout.lab(&["dev", "check"]);
    assert!(!learner.stdout.contains("pristine.sha256 is stale"), "{}", learner.stdout);
    let ci = checkout.command(&["dev", "check"]).env("LAB_CI", "1").output().expect("lab runs");
    assert!(checkout::ran(ci).stdout.contains("pristine.sha256 is stale"));
}

/// The rules for the real checkout; the proofs need builds and are run by `make test`.
#[test]
fn this_checkout_keeps_the_rules() {
    let checkout = Checkout::new();
    let check = checkout.lab(&["dev", "check"]);
    assert_eq!(check.code, 0, "{}{}", check.stdout, check.stderr);
}
