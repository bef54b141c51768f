//! The READMEs' commands, run as written: every line that starts with `$ `, at smoke size, in this checkout.

mod checkout;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use checkout::{ran, repository};

/// All commands of the root's and the labs' READMEs, once each.
fn commands() -> BTreeSet<String> {
    let labs = std::fs::read_dir(repository().join("labs")).expect("listed");
    let readmes = labs.map(|lab| lab.expect("an entry").path().join("README.md"));
    readmes
        .chain([repository().join("README.md")])
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .flat_map(|text| {
            text.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_string).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_command_of_the_readmes_does_what_it_says() {
    let state = tempfile::tempdir().expect("a temporary folder");
    for line in commands() {
        // This test is part of it.
        if line == "make test" {
            continue;
        }
        assert!(!line.contains("reset"), "`{line}` would put a learner's edits away");
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let mut command = Command::new("env");
        let assignments = words.iter().take_while(|word| word.contains('=')).count();
        command.args(words.drain(..assignments)).args(words);
        if line.contains("DB=postgres") && !has_postgres() {
            println!("skipped: `{line}` needs PostgreSQL (apt-get install postgresql)");
            assert!(std::env::var_os("LAB_CI").is_none(), "CI installs PostgreSQL");
            continue;
        }
        if line.contains("console") && std::env::var_os("LAB_ASYNC").is_none() {
            println!(
                "skipped: `{line}` compiles tokio with its unstable hooks; tests/console.rs runs it with LAB_ASYNC=1"
            );
            continue;
        }
        command
            .current_dir(repository())
            .env("LAB_STATE", state.path())
            .env("LAB_SMOKE", "1")
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let began = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("`{line}`: {error}"));
        // The diagnosis asks three questions or so.
        let _ = child.stdin.take().expect("stdin is piped").write_all(b"1\n1\n1\n1\n1\n");
        let ran = ran(child.wait_with_output().expect("it ends"));
        // An untouched lab is NOT YET solved: `lab` ends with 1, and make, whose command failed, with 2. Nothing else may fail.
        let is_not_yet = line.contains("verify") && ran.stdout.contains("NOT YET");
        let expected = if is_not_yet { 2 } else { 0 };
        assert_eq!(ran.code, expected, "`{line}`\n{}\n{}", ran.stdout, ran.stderr);
        assert!(!ran.stdout.trim().is_empty(), "`{line}` says nothing");
        // Past the test's own output, which nobody sees before it ends: this takes minutes. `.ci/run` adds up the seconds.
        let _ = writeln!(std::io::stderr(), "ran in {:.1} s: {line}", began.elapsed().as_secs_f64());
    }
}

fn has_postgres() -> bool {
    which::which("initdb").is_ok() || std::path::Path::new("/usr/lib/postgresql").is_dir()
}
