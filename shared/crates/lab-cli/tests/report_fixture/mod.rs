//! Runs as `lab` keeps them, written without running anything. Names and messages try to be markup.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lab_results::gate::{GateResult, Status};
use lab_results::verdict::{Ratio, SubjectCounts, SubjectGrowth};
use lab_results::{
    Class, Column, Finding, FrameChange, Growth, HeapSite, Interval, Limit, Outcome, ProgramRun, Progress, Record,
    Table, Verdict, program_run, verdict,
};
use tempfile::TempDir;

use crate::checkout::{Checkout, Ran, ran};

/// All tests use the checkout that there is one of, because the pages' program is built in it.
static ALONE: Mutex<()> = Mutex::new(());

/// A checkout in which nothing has been run, a state of its own, and no other test.
pub struct Room {
    pub checkout: Checkout,
    pub folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Room {
    pub fn new() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let room = Room {
            checkout: Checkout::to_build_in(),
            folder: tempfile::tempdir().expect("a temporary folder"),
            _alone: alone,
        };
        let labs = room.checkout.root.join("target/lab");
        for lab in std::fs::read_dir(labs).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
            for kept in std::fs::read_dir(lab).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
                // What takes long to build again stays.
                if kept.is_dir() && !kept.ends_with("arena") {
                    std::fs::remove_dir_all(kept).expect("removed");
                }
            }
        }
        room
    }

    /// One in which lab 01 was solved at the third attempt.
    pub fn worked_in() -> Self {
        let room = Room::new();
        let write = |path: &str, text: &str| room.checkout.write(&format!("target/lab/{LAB}/{path}"), text);
        std::fs::create_dir(room.state()).expect("created");
        std::fs::write(room.state().join("progress.json"), json_of(&progress())).expect("written");
        for verdict in verdicts() {
            write(&format!("runs/verify-{}-7.json", verdict.at), &json_of(&verdict));
        }
        for (verb, run) in programs() {
            write(&format!("{verb}/{}/run.json", run.subject), &json_of(&run));
        }
        for (file, svg) in [
            ("profile/original/flamegraph.svg", flamegraph("CPU time", &STACKS)),
            ("flamediff/yours/flamegraph.svg", flamegraph("original to yours", &CHANGED)),
            ("flamediff/yours/flamegraph-reverse.svg", flamegraph("original to yours, as original", &CHANGED)),
            ("offcpu/original/flamegraph.svg", flamegraph("off CPU", &STACKS)),
            ("heap/original/flamegraph.svg", flamegraph("bytes", &STACKS)),
        ] {
            write(file, &svg);
        }
        room
    }

    /// One in which every lab was worked in like that.
    pub fn all_worked_in() -> Self {
        let room = Room::worked_in();
        let kept = room.checkout.root.join("target/lab").join(LAB);
        for lab in std::fs::read_dir(room.checkout.root.join("labs")).expect("listed") {
            let name = lab.expect("an entry").file_name();
            if name != LAB {
                copy(&kept, &room.checkout.root.join("target/lab").join(name));
            }
        }
        room
    }

    /// A folder with what three people handed over and a file that nobody can read.
    pub fn handed_over(&self) -> PathBuf {
        let class = self.path("class");
        std::fs::create_dir(&class).expect("created");
        let write = |file: &str, text: &str| std::fs::write(class.join(file), text).expect("written");
        for (file, name) in [("ines", "Ines"), ("jonas", "Jonas"), ("eve", EVIL)] {
            let ran = self.lab(&["report", "--json", "--name", name]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            write(&format!("{file}.json"), &ran.stdout);
        }
        write("half.json", "{\"schema\": 1, \"name\": \"Half");
        class
    }

    /// A path outside the checkout, whose name has a space.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("the {name}"))
    }

    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.checkout.command(arguments);
        command.env("LAB_STATE", self.state());
        command
    }

    pub fn lab(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().expect("lab runs"))
    }

    /// The page that a command writes, which must succeed.
    pub fn page(&self, arguments: &[&str]) -> String {
        let out = self.path("page.html");
        let ran = self.lab(&[arguments, &["--out", text(&out)]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        std::fs::read_to_string(out).expect("a page")
    }

    /// Writes a file among those that are kept of lab 01.
    pub fn keep(&self, path: &str, text: &str) {
        self.checkout.write(&format!("target/lab/{LAB}/{path}"), text);
    }
}

/// Copies what is kept of a lab; not what is built of it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("created");
    for entry in std::fs::read_dir(from).expect("listed") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true if path.ends_with("arena") => {}
            true => copy(&path, &to),
            false => drop(std::fs::copy(&path, to).expect("copied")),
        }
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("Unicode")
}

pub fn json_of(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("JSON")
}

/// What must never run, and must be read.
pub const EVIL: &str = "<script>alert('gotcha')</script>";

pub const LAB: &str = "lab-01-string-building";

pub fn progress() -> BTreeMap<&'static str, Progress> {
    let progress = Progress {
        hints: 2,
        attempts: 3,
        solved: true,
        last: Some("SOLVED".into()),
        diagnosis: Some("2 of 3".into()),
        choices: vec![2, 1, 2],
        ..Progress::default()
    };
    BTreeMap::from([(LAB, progress)])
}

/// A verdict of each attempt: missed, crashed, solved.
pub fn verdicts() -> Vec<Verdict> {
    let missed = judged(Outcome::NotYet, 1_795_430_000, 6_500.0);
    let crashed = Verdict {
        outcome: Outcome::Invalid,
        reason: format!("panicked at yours/src/manifest.rs:9:5:\n{EVIL}"),
        at: 1_795_431_000,
        hints_used: 1,
        gates: Vec::new(),
        counts: Vec::new(),
        growth: Vec::new(),
        ratios: Vec::new(),
        ..missed.clone()
    };
    let solved = Verdict { hints_used: 2, ..judged(Outcome::Solved, 1_795_432_000, 2.5) };
    vec![missed, crashed, solved]
}

fn judged(outcome: Outcome, at: u64, factor: f64) -> Verdict {
    let sizes = [500_u64, 1_000, 2_000, 4_000];
    let of = |subject: &str, factor: f64, power: f64| {
        let counts = sizes.map(|size| {
            let value = factor * (size as f64 / 4_000.0).powf(power);
            let counts = BTreeMap::from([
                ("bytes_requested_per_byte".to_string(), value),
                ("peak_mib".into(), 0.5),
                ("retained_bytes".into(), 0.0),
            ]);
            SubjectCounts { subject: subject.into(), size, unit: "lines".into(), counts }
        });
        let (class, slope) = if power > 0.5 { (Class::Linear, 1.0) } else { (Class::Constant, 0.0) };
        let growth = Growth { class, slope };
        (counts, SubjectGrowth { subject: subject.into(), count: "bytes_requested_per_byte".into(), growth })
    };
    let is_solved = outcome == Outcome::Solved;
    let all = [
        of("original", 6_500.0, 1.0),
        of("yours", factor, if is_solved { 0.0 } else { 1.0 }),
        of("reference", 2.5, 0.0),
    ];
    Verdict {
        schema: verdict::SCHEMA,
        lab: LAB.into(),
        seed: 7,
        database: None,
        at,
        outcome,
        reason: if is_solved { "right answers, and every gate passed".into() } else { format!("too much {EVIL}") },
        cases: 30,
        gates: vec![
            at_least(),
            GateResult {
                count: "bytes_requested_per_byte".into(),
                says: format!("bytes requested for each byte {EVIL}"),
                limit: "<= 8".into(),
                allowed: Some(Limit::AtMost(8.0)),
                found: factor.to_string(),
                status: if is_solved { Status::Passed } else { Status::Missed },
                missed_by: None,
                hint: 2,
            },
        ],
        counts: all.iter().flat_map(|(counts, _)| counts.clone()).collect(),
        instructions: Vec::new(),
        growth: all.into_iter().map(|(_, growth)| growth).collect(),
        ratios: vec![
            ratio("original / yours", 41.0, Finding::Faster),
            ratio("reference / reference", 1.0, Finding::Same),
        ],
        captured: Some(0.97),
        hints_used: 0,
        diagnosis: None,
        machine: "linux x86_64, 2 cores".into(),
        load: Some(0.4),
        seconds: 7.5,
    }
}

/// Something that there must be enough of.
fn at_least() -> GateResult {
    GateResult {
        count: "peak_mib".into(),
        says: "memory that was in use at once, in `MiB`".into(),
        limit: ">= 0.30".into(),
        allowed: Some(Limit::AtLeast(0.3)),
        found: "0.50".into(),
        status: Status::Passed,
        missed_by: None,
        hint: 3,
    }
}

fn ratio(name: &str, median: f64, finding: Finding) -> Ratio {
    Ratio {
        name: name.into(),
        ratio: Interval { median, low: median * 0.98, high: median * 1.02, samples: 400 },
        finding,
        margin: Some(0.02),
        clock: "process CPU".into(),
        size: Some(1_000),
        size_unit: "orders".into(),
        unit: "us".into(),
        medians: [4_100.0, 100.0],
        workers: 4,
        preempted: None,
    }
}

/// What the lab's programs and the tools said.
pub fn programs() -> Vec<(&'static str, ProgramRun)> {
    let table = Table {
        title: format!("CPU time {EVIL}"),
        columns: vec![Column::new("orders", ""), Column::new(&format!("CPU time {EVIL}"), "ms").at_most(100.0)],
        rows: vec![vec![500_u64.into(), 81.0.into()], vec![4_000_u64.into(), 2_129.0.into()]],
        plot: Some(1),
    };
    let site = |bytes, blocks, line: u32| HeapSite {
        bytes,
        blocks,
        frames: vec![format!("Vec<{EVIL}>::push (src/manifest.rs:{line})")],
        ..HeapSite::default()
    };
    let heap = Record::Heap {
        file: "dhat-heap.json".into(),
        total_bytes: 3_000_030,
        total_blocks: 13_001,
        peak_bytes: 1_220_520,
        sites: vec![site(3_000_000, 1, 9), site(30, 13_000, 12)],
        end_bytes: 0,
        end_blocks: 0,
        svg: String::new(),
    };
    let profile = Record::Profile {
        svg: "flamegraph.svg".into(),
        folded: "stacks.folded".into(),
        pprof: None,
        sampler: None,
        samples: 100,
        top: vec![(format!("manifest<{EVIL}>"), 1.0)],
        cpu_ms: 0.0,
        work: 0,
        work_of: String::new(),
    };
    let latencies = Record::Latencies {
        title: "Response times".into(),
        slo_p99_ms: Some(50.0),
        routes: vec![lab_results::Distribution {
            name: format!("GET {EVIL}"),
            requests: 1_000,
            percentiles_ms: vec![(0.0, 0.2), (0.5, 0.4), (0.9, 9.0), (0.99, 140.0), (1.0, 163.0)],
        }],
    };
    // As wide as the widest that a lab has: lab 02's customers.
    let headings = [
        ("way to the database", ""),
        ("offered", "/s"),
        ("ok", ""),
        ("timed out", ""),
        ("p50", "ms"),
        ("p95", "ms"),
        ("p99", "ms"),
    ];
    let wide = Table {
        title: "One answer over a network, computed".into(),
        columns: headings.map(|(name, unit)| Column::new(name, unit)).into(),
        rows: vec![
            ["POST /orders/{order}/checkout".into(), 40.0.into()]
                .into_iter()
                .chain([12_345.6; 5].map(Into::into))
                .collect(),
        ],
        plot: None,
    };
    let reproduced =
        vec![Record::Table(table), latencies, Record::Table(wide), Record::Note { text: format!("a note {EVIL}") }];
    let named = |title: &str| {
        let columns = vec![Column::new("where", ""), Column::new("longest", "ms")];
        Record::Table(Table { title: title.into(), columns, rows: vec![vec![EVIL.into(), 12.5.into()]], plot: None })
    };
    let diff = Record::FlameDiff {
        svg: "flamegraph.svg".into(),
        reverse: "flamegraph-reverse.svg".into(),
        before: "original".into(),
        after: "yours".into(),
        samples: [100, 100],
        cpu_ms: Some([36.5, 0.6]),
        work_of: "1,000 orders".into(),
        changed: vec![FrameChange { frame: format!("memcpy<{EVIL}>"), shares: [0.8, 0.2], cpu_ms: Some([29.2, 0.1]) }],
    };
    vec![
        ("reproduce", run("original", reproduced)),
        ("heap", run("original", vec![heap.clone()])),
        ("heap", run("yours", vec![heap])),
        ("profile", run("original", vec![profile])),
        ("flamediff", run("yours", vec![diff])),
        ("offcpu", run("original", vec![named("Longest waits")])),
        ("console", run("original", vec![named("Tasks by spawn site")])),
        // A tool that the page has never heard of.
        ("weather", run("original", vec![named("Clouds")])),
    ]
}

fn run(subject: &str, records: Vec<Record>) -> ProgramRun {
    ProgramRun {
        schema: program_run::SCHEMA,
        subject: subject.into(),
        at: 1_795_429_000,
        seed: 7,
        smoke: false,
        database: None,
        machine: "linux x86_64, 2 cores".into(),
        load: Some(0.4),
        records,
    }
}

/// Folded stacks.
const STACKS: [&str; 3] =
    ["main;manifest<Vec<u8>>;format;memcpy 80", "main;manifest<Vec<u8>>;realloc 15", "main;drop 5"];

/// Folded stacks with counts from before and after.
const CHANGED: [&str; 3] =
    ["main;manifest<Vec<u8>>;format;memcpy 80 20", "main;manifest<Vec<u8>>;realloc 15 45", "main;drop 5 35"];

/// A flamegraph by the inferno that the labs draw theirs with.
pub fn flamegraph(title: &str, stacks: &[&str]) -> String {
    let mut svg = Vec::new();
    let mut options = inferno::flamegraph::Options::default();
    options.title = title.into();
    inferno::flamegraph::from_lines(&mut options, stacks.iter().copied(), &mut svg).expect("drawn");
    String::from_utf8(svg).expect("UTF-8")
}
