//! `lab console`, with real builds: the tables by spawn site, and tokio-console on a terminal.
//!
//! Both need a tokio of their own in target/async, minutes of compiling at first: they run where `LAB_ASYNC` (the tables) or
//! `LAB_VIEWER` (tokio-console, which has to be installed) is set. CI sets the first.

#![cfg(target_os = "linux")]

mod checkout;
mod pseudo_terminal;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use checkout::processes::assert_nothing_is_left;
use checkout::{Checkout, ran, repository};
use pseudo_terminal::Terminal;
use serde_json::Value;

fn lab(arguments: &[&str], state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
    command.arg("console").args(arguments).current_dir(repository()).env("LAB_STATE", state).stdin(Stdio::null());
    command
}

fn is_asked_for(variable: &str, what: &str) -> bool {
    let is_set = std::env::var_os(variable).is_some();
    if !is_set {
        println!("skipped: {what} is tested with {variable}=1, since it compiles for minutes at first");
    }
    is_set
}

/// The rows of the table by spawn site, by column.
fn spawn_sites(arguments: &[&str]) -> Vec<Value> {
    let state = tempfile::tempdir().expect("a temporary folder");
    let ran = ran(lab(arguments, state.path()).args(["--smoke", "--json"]).output().expect("lab runs"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let records = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let table = records.into_iter().find(|record| record["columns"][0]["name"] == "spawned at").expect("the table");
    let columns = table["columns"].as_array().expect("columns").clone();
    let rows = table["rows"].as_array().expect("rows").iter().map(|row| {
        let cells = columns.iter().zip(row.as_array().expect("cells"));
        cells.map(|(column, cell)| (column["name"].as_str().expect("a name").to_string(), cell.clone())).collect()
    });
    rows.map(Value::Object).collect()
}

#[test]
fn in_lab_03_the_connections_block_and_in_its_solution_nothing_does() {
    if !is_asked_for("LAB_ASYNC", "the table by spawn site") {
        return;
    }
    let (broken, solved) = (spawn_sites(&["3"]), spawn_sites(&["3", "--solution"]));
    let most_cpu = |sites: &[Value]| {
        let cpu_ms = |site: &Value| site["most CPU"].as_f64().expect("a number");
        let site = sites.iter().max_by(|a, b| cpu_ms(a).total_cmp(&cpu_ms(b))).expect("a spawn site");
        assert!(site["polls"].as_f64() >= site["tasks"].as_f64(), "{sites:#?}");
        (site["spawned at"].as_str().expect("a location").to_string(), cpu_ms(site))
    };
    // A whole hash against next to nothing: CPU times, since a busy machine may take any poll's thread away for long.
    let ((culprit, hash_ms), (_, handing_over_ms)) = (most_cpu(&broken), most_cpu(&solved));
    assert!(culprit.starts_with("axum src/serve/"), "it is customers' connections that hash: {broken:#?}");
    assert!(hash_ms > 8.0 * handing_over_ms && handing_over_ms > 0.0, "{broken:#?} {solved:#?}");
}

#[test]
fn tokio_console_opens_in_front_of_the_loaded_lab() {
    if !is_asked_for("LAB_VIEWER", "tokio-console itself") {
        return;
    }
    let state = tempfile::tempdir().expect("a temporary folder");
    // Somebody else listens where tokio-console looks by default.
    let _taken = TcpListener::bind("127.0.0.1:6669");
    let mut terminal = Terminal::run(&lab(&["3"], state.path()), 160, 40, true);
    terminal.wait_for("(CONNECTED)");
    let rows = terminal.wait_for("axum");
    println!("{}", rows.join("\n"));
    terminal.press("q");
    assert_eq!(terminal.wait().code(), Some(0));
    terminal.assert_in_order("tokio-console");
    assert_nothing_is_left(state.path(), "tokio-console");
}

#[test]
fn a_lab_without_tasks_says_so_before_anything_is_built() {
    let refused = Checkout::new().lab(&["console", "1"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("no asynchronous tasks") && refused.stderr.contains("lab profile 01"),
        "{}",
        refused.stderr
    );
}
