//! `lab serve`, with real builds: what it says, that the service answers, and that nothing is left when it was stopped.

#![cfg(target_os = "linux")]

mod checkout;
mod pseudo_terminal;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use checkout::processes::{assert_nothing_is_left, signal, take_the_defaults_for_our_children};
use checkout::{Checkout, Ran, ran, repository};
use pseudo_terminal::{Terminal, wait};
use serde_json::{Value, json};
use tempfile::TempDir;

fn lab(arguments: &[&str], state: &Path) -> Command {
    take_the_defaults_for_our_children();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
    // Nothing comes on standard input, and that is no reason to stop.
    command.args(arguments).current_dir(repository()).env_remove("DB").stdin(Stdio::null());
    let databases = state.join("databases");
    std::fs::create_dir_all(&databases).expect("created");
    command.env("LAB_STATE", state).env("TMPDIR", databases);
    command
}

/// A service that `lab` runs.
struct Served {
    lab: Child,
    said: Value,
    state: TempDir,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let state = tempfile::tempdir().expect("a temporary folder");
        let mut command = lab(&[&["serve", "--json"], arguments].concat(), state.path());
        let mut lab = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("lab runs");
        let mut line = String::new();
        BufReader::new(lab.stdout.as_mut().expect("stdout is piped")).read_line(&mut line).expect("read");
        if line.is_empty() {
            panic!("{arguments:?}: {:?}", ran(lab.wait_with_output().expect("it ends")));
        }
        Served { lab, said: serde_json::from_str(&line).expect("JSON"), state }
    }

    fn address(&self) -> &str {
        self.said["url"].as_str().and_then(|url| url.strip_prefix("http://")).expect("where it listens")
    }

    /// Status and body of an answer.
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address()).expect("it listens");
        let (address, length) = (self.address(), body.len());
        let head = format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\n");
        write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        (head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"), body.into())
    }

    /// The lists that load tools ask for.
    fn load_data(&self) -> Value {
        let (status, body) = self.ask("GET", "/load-data", "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// Stops it by a signal: how `lab` ended.
    fn stop(self, by: &str) -> Ran {
        signal(self.lab.id(), by);
        let ran = ran(self.lab.wait_with_output().expect("it ends"));
        assert_nothing_is_left(self.state.path(), by);
        let databases = std::fs::read_dir(self.state.path().join("databases")).expect("listed");
        assert_eq!(databases.count(), 0, "databases left after SIG{by}");
        ran
    }
}

#[test]
fn a_service_that_is_told_to_stop_has_done_what_it_should() {
    for (arguments, by, code) in [
        (&["stall"][..], "INT", 0),
        (&["3"], "TERM", 0),
        (&["3", "--solution"], "HUP", 0),
        (&["2"], "INT", 0),
        (&["2"], "KILL", -1),
    ] {
        let served = Served::start(arguments);
        // Whoever keeps a connection open does not keep the service from ending.
        let _connection = TcpStream::connect(served.address()).expect("it listens");
        let ran = served.stop(by);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments:?}, SIG{by}: {}", ran.stderr);
    }
}

#[test]
fn lab_03_hands_out_orders_and_passwords_that_are_right() {
    let served = Served::start(&["blocked-runtime", "--seed", "11"]);
    assert_eq!(served.said["scenarios"], json!(["blocked-runtime"]));
    let data = served.load_data();
    let reference = data["order"][0].as_str().expect("an order");
    let (status, order) = served.ask("GET", &format!("/orders/{reference}"), "");
    assert!(status == 200 && order.contains(reference), "{status} {order}");
    for account in data["account"].as_array().expect("accounts") {
        assert_eq!(served.ask("POST", "/sign-in", &account.to_string()).0, 200, "{account}");
    }
    served.stop("TERM");
}

#[test]
fn lab_02_hands_out_orders_that_can_be_paid_and_no_others() {
    let served = Served::start(&["2"]);
    let before = served.load_data();
    let orders = before["order"].as_array().expect("orders");
    assert!(orders.len() >= 10_000, "{} orders do not last for minutes", orders.len());
    let path = format!("/orders/{}", orders[0].as_str().expect("a reference"));
    let look = || served.ask("GET", &path, "").1;
    let pay = || served.ask("POST", &format!("{path}/pay"), "").0;
    assert!(look().contains("pending"), "{}", look());
    assert_eq!(pay(), 204);
    assert!(look().contains("paid"), "{}", look());
    assert_eq!(pay(), 409, "a paid order is a failure that shows");
    assert_eq!(
        served.load_data()["order"].as_array().expect("orders"),
        &orders[1..],
        "the next run starts with the next"
    );
    served.stop("INT");
}

#[test]
fn every_line_that_it_says_works_as_it_stands() {
    for service in ["stall", "2", "3"] {
        let state = tempfile::tempdir().expect("a temporary folder");
        let mut terminal = Terminal::run(&lab(&["serve", service], state.path()), 200, 40, true);
        let rows = terminal.wait_until("the load line", |rows| rows.iter().any(|row| row.contains("--scenario")));
        let lines: Vec<&str> = rows.iter().filter_map(|row| row.strip_prefix("  curl ")).collect();
        assert_eq!(lines.len(), 2, "{rows:#?}");
        for line in lines {
            let asked = Command::new("sh").args(["-c", &format!("curl --silent --fail {line}")]).output();
            let asked = ran(asked.expect("sh runs"));
            assert_eq!(asked.code, 0, "curl {line}: {}{}", asked.stdout, asked.stderr);
        }
        terminal.press("\x03");
        terminal.wait_for("Stopped: nothing is left running.");
        assert_eq!(terminal.wait().code(), Some(0));
        terminal.assert_in_order(service);
        assert_nothing_is_left(state.path(), service);
    }
}

#[test]
fn a_terminal_that_is_closed_stops_the_service() {
    let state = tempfile::tempdir().expect("a temporary folder");
    let mut terminal = Terminal::run(&lab(&["serve", "stall"], state.path()), 120, 20, true);
    terminal.wait_for("--scenario stall");
    assert_eq!(wait(&mut terminal.vanish()).code(), Some(0));
    assert_nothing_is_left(state.path(), "a terminal that vanished");
}

#[test]
fn what_cannot_be_served_says_so_before_anything_is_built() {
    let checkout = Checkout::new();
    let refused = checkout.lab(&["serve", "1"]);
    assert_eq!(refused.code, 2);
    for service in ["02 (pool-exhaustion)", "03 (blocked-runtime)", "stall"] {
        assert!(refused.stderr.contains(service), "{}", refused.stderr);
    }
    assert_eq!(checkout.lab(&["serve", "stall", "--solution"]).code, 2);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let refused = checkout.lab(&["serve", "3", "--port", &port]);
    assert_eq!(refused.code, 3);
    assert!(refused.stderr.contains(&port) && refused.stderr.contains("--port"), "{}", refused.stderr);
}

/// Lab 01 is quick to build; declared a service, it fails in each of the ways in which a learner's attempt may.
#[test]
fn a_program_that_does_not_listen_says_why() {
    let checkout = Checkout::to_build_in();
    let (manifest, edited) = ("labs/lab-01-string-building/Cargo.toml", "labs/lab-01-string-building/src/manifest.rs");
    checkout.write(manifest, &checkout.read(manifest).replace("kind = \"kernel\"", "kind = \"service\""));
    let ended = checkout.lab(&["serve", "1"]);
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("this lab is not a service"), "{}", ended.stderr);
    checkout.write(edited, "fn half a");
    let broken = checkout.lab(&["serve", "1", "--json"]);
    assert_eq!((broken.code, broken.stdout.as_str()), (3, ""));
    assert!(broken.stderr.contains("does not compile") && broken.stderr.contains("manifest.rs"), "{}", broken.stderr);
}

#[test]
fn every_service_lab_has_a_scenario_and_objectives_for_its_steps() {
    let read = |path: &str| -> Value {
        let text = std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let slo = read("shared/stack/slo.json");
    for folder in std::fs::read_dir(repository().join("labs")).expect("listed").map(|lab| lab.expect("an entry").path())
    {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        if !manifest.contains("kind = \"service\"") {
            continue;
        }
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name");
        let slug = name.splitn(3, '-').nth(2).expect("lab-NN-slug");
        let scenario = read(&format!("shared/stack/scenarios/{slug}.json"));
        assert_eq!(scenario["name"], slug);
        let names = |values: Vec<&Value>| -> std::collections::BTreeSet<String> {
            values.iter().map(|value| value["step"].as_str().expect("a step").to_string()).collect()
        };
        let flows = scenario["flows"].as_array().expect("flows").iter();
        let steps = names(flows.flat_map(|flow| flow["requests"].as_array().expect("requests")).collect());
        let objectives = slo["scenarios"][slug].as_array().expect("objectives");
        assert_eq!(steps, names(objectives.iter().collect()), "{slug}");
        // What is promised there is what the ticket's reader and the tables are told.
        let readme = std::fs::read_to_string(folder.join("README.md")).expect("a README");
        let at_stake = readme.split("## ").find(|section| section.starts_with("SLO at stake")).expect("an SLO");
        let contract = contract(&folder.join("src"));
        for ms in objectives.iter().filter_map(|objective| objective["p99_ms"].as_u64()) {
            assert!(
                at_stake.contains(&format!(" **{ms} ms**")),
                "{name}/README.md promises other than {ms} ms: {at_stake}"
            );
        }
        assert!(
            contract.contains(&format!("SCENARIO: &str = \"{slug}\"")),
            "{name}'s contract takes it from elsewhere"
        );
    }
}

/// All that a lab's contract says.
fn contract(sources: &std::path::Path) -> String {
    let folder = sources.join("contract");
    let parts = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let files = parts.chain([sources.join("contract.rs")]);
    files.filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}
