//! The stalling service, the tools as somebody starts them, and the documents that they write.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use lab_harness::results::Record;
use lab_harness::results::load::{LoadReport, Objective, Outcome, SloFile, judge};
use serde_json::Value;
use tempfile::NamedTempFile;

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").canonicalize().expect("the repository")
}

/// The program of a tool, or None with the reason printed; where all tools are installed for the tests, that is a failure.
pub fn tool(name: &str, variable: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        assert!(Path::new(&path).is_file(), "{variable} is {}, where nothing is", path.display());
        return Some(path.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        println!(
            "skipped: {name} is not installed (pip install {name} in a virtual environment, then {variable}=V/bin/{name})"
        );
        assert!(std::env::var_os("LAB_CI").is_none(), "CI installs {name}");
    }
    found
}

/// A tool that somebody's variables do not steer, neither its own nor its interpreter's.
pub fn unsteered(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if ["K6_", "LOCUST_", "PYTHON"].iter().any(|family| name.to_string_lossy().starts_with(family)) {
            command.env_remove(name);
        }
    }
    command
}

/// The stalling service with 1.2 s in every 2 s, so that few seconds show both, whatever their phase.
pub struct Stalling {
    child: Child,
    pub target: String,
}

impl Stalling {
    pub fn start() -> Stalling {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stall"))
            .args(["serve", "--period-ms", "2000", "--stall-ms", "1200"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("read");
        match serde_json::from_str(&line) {
            Ok(Record::Serving { address }) => Stalling { child, target: format!("http://{address}") },
            other => panic!("{other:?}: {line}"),
        }
    }
}

impl Drop for Stalling {
    fn drop(&mut self) {
        // It ends with its standard input.
        drop(self.child.stdin.take());
        self.child.wait().expect("it ends");
    }
}

/// An address at which nobody listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

pub fn slo() -> SloFile {
    let path = repository().join("shared/stack/slo.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("slo.json is there")).expect("objectives")
}

pub fn objectives(scenario: &str) -> Vec<Objective> {
    slo().scenarios.remove(scenario).expect("it has objectives")
}

/// Objectives that only a machine that stands still breaks, for a scenario of one step: the file, and what is in it.
pub fn patient(scenario: &str) -> (NamedTempFile, Vec<Objective>) {
    let objectives = vec![Objective { step: scenario.into(), p99_ms: Some(8_000.0), ..Objective::default() }];
    let slo = SloFile { scenarios: [(scenario.to_string(), objectives.clone())].into(), ..slo() };
    let file = NamedTempFile::new().expect("a temporary file");
    serde_json::to_writer(&file, &slo).expect("written");
    (file, objectives)
}

/// How a tool ended, and what it wrote.
pub struct Ran {
    pub code: Option<i32>,
    /// All that it printed.
    pub text: String,
    pub report: Option<LoadReport>,
}

impl Ran {
    pub fn of(output: Output, report: &Path) -> Ran {
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let report = report.exists().then(|| read(report));
        Ran { code: output.status.code(), text, report }
    }

    /// The document, whatever the verdict.
    pub fn report(&self) -> &LoadReport {
        self.report.as_ref().unwrap_or_else(|| panic!("no document: {}", self.text))
    }

    /// The document, if the tool ended and judged as expected, and as we judge the same figures.
    pub fn judged(&self, outcome: Outcome, code: i32) -> &LoadReport {
        self.judged_by(&objectives(&self.report().scenario), outcome, code)
    }

    /// The same for other objectives than the shop's.
    pub fn judged_by(&self, objectives: &[Objective], outcome: Outcome, code: i32) -> &LoadReport {
        assert_eq!(self.code, Some(code), "{}", self.text);
        let report = self.report();
        let theirs = report.judgement.as_ref().unwrap_or_else(|| panic!("not judged: {report:?}"));
        let ours = judge(report, objectives);
        assert_eq!((theirs.outcome, ours.outcome), (outcome, outcome), "{theirs:?}, {ours:?}");
        assert_eq!(theirs.reasons.is_empty(), outcome != Outcome::Invalid, "{theirs:?}");
        let rules: Vec<_> = ours.rules.iter().map(|result| &result.rule).collect();
        assert_eq!(theirs.rules.iter().map(|result| &result.rule).collect::<Vec<_>>(), rules);
        if outcome != Outcome::Invalid {
            assert_eq!(theirs.rules, ours.rules);
        }
        report
    }
}

/// A document, which has every field that ours have and no other.
fn read(path: &Path) -> LoadReport {
    let text = std::fs::read_to_string(path).expect("read");
    let report: LoadReport = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let theirs = fields("", &serde_json::from_str(&text).expect("JSON"));
    let ours = fields("", &serde_json::to_value(&report).expect("serialises"));
    assert_eq!(theirs, ours, "{text}");
    report
}

fn fields(path: &str, value: &Value) -> BTreeSet<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, value)| (format!("{path}.{name}"), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(i, value)| (format!("{path}[{i}]"), value)).collect(),
        _ => return [path.to_owned()].into(),
    };
    inner.into_iter().flat_map(|(path, value)| fields(&path, value)).collect()
}
