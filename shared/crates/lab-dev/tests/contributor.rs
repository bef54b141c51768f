//! What somebody types who writes a lab.

#[path = "../../lab-cli/tests/checkout/mod.rs"]
mod checkout;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use checkout::{Checkout, repository};
use serde_json::Value;

/// What a new pair can be about.
const KINDS: [&str; 5] = ["kernel", "store", "service", "virtual", "file"];

#[test]
fn a_new_lab_only_lacks_its_recorded_figures() {
    for kind in KINDS {
        let checkout = Checkout::new();
        let new = checkout.lab(&["new", "99", "slow-export", "--kind", kind]);
        assert_eq!(new.code, 0, "{}", new.stderr);
        assert!(checkout.read("labs/lab-99-slow-export/Cargo.toml").contains(&format!("kind = \"{kind}\"")));
        assert!(checkout.read("README.md").contains("labs/lab-99-slow-export/README.md"), "the table is current");
        let check = checkout.lab(&["check", "99"]);
        assert_eq!(check.code, 1);
        let problems: Vec<&str> = check.stdout.lines().filter(|line| line.contains("lab-99")).collect();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("has no figures"), "{problems:?}");
    }
}

/// Templates are compiled nowhere else. The crates that a pair stands on are this checkout's own, so that none is compiled a second time for
/// the copy. Benches are left out: Criterion would be compiled for each kind.
#[test]
fn a_new_pair_of_each_kind_is_proven_both_ways() {
    let checkout = Checkout::to_build_in();
    let ours = repository().join("shared").display().to_string();
    let manifest = checkout.read("Cargo.toml").replace("path = \"shared", &format!("path = \"{ours}"));
    let manifest: Vec<&str> = manifest.lines().filter(|line| !line.starts_with("    \"shared/")).collect();
    checkout.write("Cargo.toml", &manifest.join("\n"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    for (number, kind) in (90..).zip(KINDS) {
        let (number, began) = (number.to_string(), Instant::now());
        let new = checkout.lab(&["new", &number, kind, "--kind", kind]);
        assert_eq!(new.code, 0, "{}", new.stderr);
        let mut prove = checkout.command(&["check", "--prove", &number]);
        let proven = checkout::ran(prove.env("CARGO_TARGET_DIR", target).output().expect("lab-dev runs"));
        let said = |words: &str| proven.stdout.contains(&format!("proven lab-{number}-{kind} {words}"));
        assert!(said("pristine: NOT YET") && said("solution: SOLVED"), "{proven:?}");
        let broken: Vec<&str> = proven.stdout.lines().filter(|line| line.starts_with("broken")).collect();
        assert!(broken.len() == 1 && broken[0].contains("has no figures"), "{broken:?}");
        println!("{kind}: {:.0} s", began.elapsed().as_secs_f64());
    }
}

#[test]
fn a_new_lab_takes_no_ones_place() {
    let checkout = Checkout::new();
    for arguments in
        [["1", "another"], ["98", "string-building"], ["98", "Not A Slug"], ["0", "zero"], ["100", "hundred"]]
    {
        assert_eq!(checkout.lab(&["new", arguments[0], arguments[1]]).code, 2, "{arguments:?}");
    }
}

#[test]
fn a_stale_table_an_identical_file_a_missing_hint_and_a_test_that_nobody_runs_are_found() {
    let checkout = Checkout::new();
    checkout.write("README.md", &checkout.read("README.md").replace("| 1 |", "| 2 |"));
    let twin = checkout.read("labs/lab-01-string-building/src/lib.rs");
    checkout.write("solutions/solution-01-string-building/src/twin.rs", &twin);
    checkout.write("labs/lab-01-string-building/hints/3.md", "\n");
    checkout.write("labs/lab-01-string-building/src/tested.rs", "#[test]\nfn nobody_runs_it() {}\n");
    let check = checkout.lab(&["check"]);
    assert_eq!(check.code, 1);
    for problem in [
        "README.md is stale",
        "src/lib.rs is identical",
        "hints/3.md is missing or empty",
        "src/ has tests, and Cargo.toml",
    ] {
        assert!(check.stdout.contains(problem), "{problem}: {}", check.stdout);
    }
}

#[test]
fn sources_that_differ_from_the_lock_fail_in_ci_only() {
    let checkout = Checkout::new();
    checkout.write("labs/lab-01-string-building/src/manifest.rs", "// mine\n");
    let learner = checkout.lab(&["check"]);
    assert!(!learner.stdout.contains("pristine.sha256 is stale"), "{}", learner.stdout);
    let ci = checkout.command(&["check"]).env("LAB_CI", "1").output().expect("lab runs");
    assert!(checkout::ran(ci).stdout.contains("pristine.sha256 is stale"));
}

#[test]
fn a_broken_manifest_is_a_problem_of_its_lab() {
    let checkout = Checkout::new();
    checkout.write("labs/lab-01-string-building/Cargo.toml", "[package\n");
    let check = checkout.lab(&["check"]);
    assert!(check.code == 1 && check.stderr.contains("labs/lab-01-string-building/Cargo.toml"), "{check:?}");
}

/// The rules for the real checkout; the proofs need builds and are run by `make test`.
#[test]
fn this_checkout_keeps_the_rules() {
    let checkout = Checkout::new();
    let check = checkout.lab(&["check"]);
    assert_eq!(check.code, 0, "{}{}", check.stdout, check.stderr);
}

/// What Cargo knows of the workspace.
fn metadata() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(repository());
    let metadata = checkout::ran(cargo.output().expect("cargo runs"));
    serde_json::from_str(&metadata.stdout).unwrap_or_else(|_| panic!("{}", metadata.stderr))
}

/// A test program takes seconds to link, and rustdoc as long for a library without examples: each is asked for where there is something to
/// run, and nowhere else. A test that is switched off would never fail.
#[test]
fn unit_tests_and_examples_are_run_where_there_are_any() {
    let metadata = metadata();
    for package in metadata["packages"].as_array().expect("packages") {
        let of_kind = |kind: &'static str| {
            let targets = package["targets"].as_array().expect("targets").iter();
            targets.filter(move |target| target["kind"].as_array().is_some_and(|kinds| kinds.contains(&kind.into())))
        };
        let manifest = &package["manifest_path"];
        let root = |target: &Value| Path::new(target["src_path"].as_str().expect("a path")).to_path_buf();
        let Some(library) = of_kind("lib").next() else { continue };
        let sources = root(library).parent().expect("src").to_path_buf();
        let has_tests = has_line(&sources, &|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
        let has_examples = has_line(&sources, &|line| line.starts_with("/// ```") || line.starts_with("//! ```"));
        for (what, is_there) in [("test", has_tests), ("doctest", has_examples)] {
            let advice = if is_there { "take it out of" } else { "put it into" };
            assert_eq!(is_there, library[what] == true, "`{what} = false`: {advice} [lib] of {manifest}");
        }
        // What is in the library is tested there. A program with modules of its own may have tests of its own.
        for program in of_kind("bin") {
            let text = std::fs::read_to_string(root(program)).expect("a program");
            let is_its_own = text.lines().any(|line| line.starts_with("mod ") || line.trim_start() == "#[test]");
            assert!(is_its_own || program["test"] == false, "put `test = false` into [[bin]] of {manifest}");
        }
    }
}

/// Whether a line of the Rust files there, without its indentation, is such a one.
fn has_line(folder: &Path, is_such: &dyn Fn(&str) -> bool) -> bool {
    std::fs::read_dir(folder).expect("listed").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return has_line(&path, is_such);
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        path.extension().is_some_and(|extension| extension == "rs")
            && text.lines().any(|line| is_such(line.trim_start()))
    })
}

/// What the map has a line for: each package's folder, but one line for all labs and one for all their solutions.
fn places() -> BTreeSet<String> {
    let metadata = metadata();
    let root = metadata["workspace_root"].as_str().expect("a folder");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let folders = packages.filter_map(|package| {
        let manifest = package["manifest_path"].as_str()?.strip_prefix(root)?;
        manifest.strip_prefix('/')?.strip_suffix("/Cargo.toml")
    });
    let place = |folder: &str| match folder {
        _ if folder.starts_with("labs/lab-") => "labs/".to_string(),
        _ if folder.starts_with("solutions/solution-") => "solutions/".to_string(),
        other => other.to_string(),
    };
    folders.map(place).collect()
}

#[test]
fn the_map_has_a_line_for_every_crate_and_for_nothing_else() {
    let text = std::fs::read_to_string(repository().join("CONTRIBUTING.md")).expect("it is there");
    let map = text.lines().skip_while(|line| *line != "## The map").skip(1).take_while(|line| !line.starts_with("## "));
    let lines: Vec<(&str, &str)> = map.filter_map(|line| line.strip_prefix("- `")?.split_once("`: ")).collect();
    let listed: BTreeSet<String> = lines.iter().map(|(place, _)| place.to_string()).collect();
    assert_eq!(listed.len(), lines.len(), "CONTRIBUTING.md's map has a line twice: {lines:?}");
    let there = places();
    assert!(there.len() > 10, "Cargo names no members: {there:?}");
    let missing = there
        .difference(&listed)
        .map(|place| format!("missing: a line \"- `{place}`: what it is, and what it may not know.\""));
    let stale = listed
        .difference(&there)
        .map(|place| format!("stale: the line \"- `{place}`: ...\" names no member of the workspace"));
    let wrong: Vec<String> = missing.chain(stale).collect();
    assert!(wrong.is_empty(), "CONTRIBUTING.md, under \"The map\":\n{}", wrong.join("\n"));
}
