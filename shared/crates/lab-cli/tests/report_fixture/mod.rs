//! Runs as `lab` keeps them, written without running anything. Names and messages try to be markup.

use std::collections::BTreeMap;

use lab_results::gate::{GateResult, Status};
use lab_results::verdict::{Ratio, SubjectCounts, SubjectGrowth};
use lab_results::{
    Class, Column, Finding, Growth, HeapSite, Interval, Outcome, ProgramRun, Progress, Record, Table, Verdict,
    program_run, verdict,
};

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
        saw_solution: false,
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
            let counts =
                BTreeMap::from([("bytes_requested_per_byte".to_string(), value), ("retained_bytes".into(), 0.0)]);
            SubjectCounts { subject: subject.into(), size, counts }
        });
        let (class, slope) = if power > 0.5 { (Class::Linear, 1.0) } else { (Class::Constant, 0.0) };
        let growth = Growth { class, slope };
        (counts, SubjectGrowth { subject: subject.into(), count: "bytes_requested_per_byte".into(), growth })
    };
    let is_solved = outcome == Outcome::Solved;
    let all = [
        of("baseline", 6_500.0, 1.0),
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
        gates: vec![GateResult {
            count: "bytes_requested_per_byte".into(),
            says: format!("bytes requested for each byte {EVIL}"),
            limit: "<= 8".into(),
            found: factor.to_string(),
            status: if is_solved { Status::Passed } else { Status::Missed },
            missed_by: None,
            hint: 2,
        }],
        counts: all.iter().flat_map(|(counts, _)| counts.clone()).collect(),
        instructions: Vec::new(),
        growth: all.into_iter().map(|(_, growth)| growth).collect(),
        ratios: vec![
            ratio("baseline / yours", 41.0, Finding::Faster),
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

fn ratio(name: &str, median: f64, finding: Finding) -> Ratio {
    Ratio {
        name: name.into(),
        ratio: Interval { median, low: median * 0.98, high: median * 1.02, samples: 400 },
        finding,
        clock: "thread CPU".into(),
        size: Some(1_000),
        unit: "us".into(),
        medians: [4_100.0, 100.0],
        workers: 4,
        preempted: None,
    }
}

/// What `reproduce` and `heap` said.
pub fn programs() -> Vec<(&'static str, ProgramRun)> {
    let table = Table {
        title: format!("CPU time {EVIL}"),
        columns: vec![Column::new("orders", ""), Column::new(&format!("CPU time {EVIL}"), "ms").at_most(100.0)],
        rows: vec![vec![500_u64.into(), 81.0.into()], vec![4_000_u64.into(), 2_129.0.into()]],
        plot: Some(1),
    };
    let site =
        HeapSite { bytes: 3_000_000, blocks: 13_000, frames: vec![format!("Vec<{EVIL}>::push (src/manifest.rs:9)")] };
    let heap = Record::Heap {
        file: "dhat-heap.json".into(),
        total_bytes: 3_000_030,
        total_blocks: 13_001,
        peak_bytes: 1_220_520,
        sites: vec![site],
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
    let reproduced = vec![Record::Table(table), latencies, Record::Note { text: format!("a note {EVIL}") }];
    vec![("reproduce", run(reproduced)), ("heap", run(vec![heap])), ("profile", run(vec![profile]))]
}

fn run(records: Vec<Record>) -> ProgramRun {
    ProgramRun {
        schema: program_run::SCHEMA,
        subject: "baseline".into(),
        at: 1_795_429_000,
        seed: 7,
        smoke: false,
        database: None,
        machine: "linux x86_64, 2 cores".into(),
        load: Some(0.4),
        records,
    }
}

/// A flamegraph by the inferno that the labs draw theirs with.
pub fn flamegraph() -> String {
    let stacks = ["main;manifest<Vec<u8>>;format;memcpy 80", "main;manifest<Vec<u8>>;realloc 15", "main;drop 5"];
    let mut svg = Vec::new();
    let mut options = inferno::flamegraph::Options::default();
    inferno::flamegraph::from_lines(&mut options, stacks, &mut svg).expect("drawn");
    String::from_utf8(svg).expect("UTF-8")
}
