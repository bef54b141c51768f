//! The book: its links lead somewhere, and its commands exist.

mod checkout;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use checkout::{ran, repository};

fn source() -> PathBuf {
    repository().join("shared/book/src")
}

/// The pages that the summary names.
fn pages() -> Vec<(String, String)> {
    let summary = std::fs::read_to_string(source().join("SUMMARY.md")).expect("the summary");
    let links = summary.lines().filter_map(|line| line.split_once("](")?.1.split_once(')'));
    let read = |link: &str| std::fs::read_to_string(source().join(link)).unwrap_or_else(|e| panic!("{link}: {e}"));
    links.map(|(link, _)| (link.to_string(), read(link))).collect()
}

#[test]
fn every_page_is_in_the_summary_and_the_other_way_round() {
    let named: Vec<String> = pages().into_iter().map(|(link, _)| link).collect();
    assert!(!named.is_empty());
    for entry in std::fs::read_dir(source()).expect("listed") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let is_page = name.ends_with(".md") && name != "SUMMARY.md";
        assert!(!is_page || named.contains(&name), "SUMMARY.md does not name {name}");
    }
}

/// A place for recorded figures without any claims what nobody measured.
#[test]
fn every_place_for_a_recording_has_one() {
    let mut places = 0;
    for (page, text) in pages() {
        for (name, rest) in text.split("<!-- ").skip(1).filter_map(|comment| comment.split_once(":begin -->")) {
            places += 1;
            let end = format!("<!-- {name}:end -->");
            let recorded =
                text.split_once(&format!("<!-- {name}:begin -->")).and_then(|(_, rest)| rest.split_once(&end));
            let (recorded, _) = recorded.unwrap_or_else(|| panic!("{page} lacks {end} behind its begin: {rest:.40}"));
            assert!(recorded.contains("Recorded 2"), "{page}: nothing is recorded for {name}");
        }
    }
    assert!(places > 0);
}

/// `--help` in place of a command's own arguments: cheap, and fails for a verb or an option that is not there.
#[test]
fn every_command_of_ours_is_one() {
    for (page, text) in pages() {
        for line in text.lines().filter_map(|line| line.strip_prefix("$ cargo lab ")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let verbs = if ["baseline", "dev"].contains(&words[0]) { 2 } else { 1 };
            let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
            command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
            command.args(&words[..verbs]).arg("--help").current_dir(repository()).stdin(Stdio::null());
            let help = ran(command.output().expect("lab runs"));
            assert_eq!(help.code, 0, "{page}: `{line}`: {}", help.stderr);
            for option in words.iter().filter(|word| word.starts_with("--")) {
                assert!(help.stdout.contains(option), "{page}: `{line}` has no {option}");
            }
        }
    }
}
