//! `lab slowdown`: a reviewer sees a month's change first, and then what it costs.

#![cfg(target_os = "linux")]

mod checkout;
mod pseudo_terminal;

use std::process::{Command, Stdio};

use checkout::{ran, repository};
use pseudo_terminal::Terminal;
use serde_json::Value;

fn slowdown(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE").env_remove("LAB_SMOKE");
    command.arg("slowdown").args(arguments).current_dir(repository()).stdin(Stdio::null());
    command
}

#[test]
fn september_says_what_it_changed_and_what_that_costs() {
    let ran = ran(slowdown(&["--month", "9", "--json"]).output().expect("lab runs"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let month: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(month["month"], 9);
    assert!(month["diff"].as_str().is_some_and(|diff| diff.contains("\n+    on_page: i64,\n")), "{month:#}");
    let comparisons = month["moves"].as_array().expect("moves").iter().find(|moved| moved["count"] == "comparisons");
    assert!(comparisons.is_some_and(|moved| moved["moved"] == "worse"), "{month:#}");
}

#[test]
fn a_month_that_is_none_is_refused() {
    for month in ["1", "13", "may"] {
        assert_eq!(ran(slowdown(&["--month", month]).output().expect("lab runs")).code, 2, "{month}");
    }
}

#[test]
fn a_reviewer_sees_the_change_before_its_cost_and_may_leave() {
    let mut terminal = Terminal::run(&slowdown(&["--no-time"]), 100, 200, true);
    let rows = terminal.wait_for("Merge it?");
    let is_shown = |text: &str| rows.iter().any(|row| row.contains(text));
    assert!(is_shown("02  February") && !is_shown("WORSE"), "{rows:#?}");
    terminal.press("what\n");
    terminal.wait_for("`what` is none of y, n and q");
    terminal.press("n\n");
    let rows = terminal.wait_for("03  March");
    assert!(rows.iter().any(|row| row.contains("WORSE")), "{rows:#?}");
    terminal.press("q\n");
    assert!(terminal.wait().success());
    terminal.assert_in_order("a review that was left");
}
