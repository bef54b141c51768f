//! What programs say to each other: one JSON object a line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts by name. Whole numbers up to 2^53 are exact; ratios of counts are allowed.
pub type Counts = BTreeMap<String, f64>;

/// One line of a lab program's standard output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// A table of figures for people, from `reproduce` and `tasks`.
    Table(Table),
    /// How response times are distributed, as far as there were requests enough to tell.
    Latencies {
        /// What was asked for.
        title: String,
        /// What the 99th percentile is held against, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slo_p99_ms: Option<f64>,
        /// A distribution for each route.
        routes: Vec<Distribution>,
    },
    /// A sentence for people, to be shown as it is.
    Note {
        /// The sentence.
        text: String,
    },
    /// A correctness case begins; the last one before a crash is the one that crashed.
    Case {
        /// What makes the case special.
        name: String,
    },
    /// All correctness cases passed.
    Checked {
        /// How many there were.
        cases: u64,
    },
    /// The smallest input found on which the subject's answer differs.
    Wrong {
        /// The case that it came from.
        case: String,
        /// The input, as people can read it.
        input: String,
        /// The contract's answer.
        expected: String,
        /// The subject's answer.
        got: String,
    },
    /// Deterministic counts of one unit of work.
    Counts {
        /// Size of the input.
        size: u64,
        /// What the size counts, such as `lines`.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        unit: String,
        /// The counts.
        counts: Counts,
    },
    /// A program that is timed in turns with others is ready for its next turn, which it takes when a line comes on its standard input.
    /// What it has measured in a turn stands before this.
    Turn {
        /// How many it has taken.
        taken: u64,
        /// How many make a round of several programs, with each of them started once.
        wanted: u64,
    },
    /// One timed figure of one turn; smaller is better. The first one that a program prints is what its lab is about.
    Metric {
        /// What was timed, such as `GET p99`.
        name: String,
        /// What kind of figure it is.
        kind: MetricKind,
        /// `ms`, `us`.
        unit: String,
        /// The figure.
        value: f64,
    },
    /// A service was asked what it has used so far.
    Used {
        /// CPU time of its whole process, in milliseconds.
        cpu_ms: f64,
    },
    /// A program does its work again and again, for a debugger to look at.
    Busy {
        /// The process that does it: the service where there is one.
        pid: u32,
        /// How often the work has been done so far; requests that were answered as they should be where it is a service.
        done: u64,
    },
    /// Paired timings from one worker of the judge, as natural logarithms of ratios.
    Pairs {
        /// What was compared, such as `original / yours`.
        name: String,
        /// `ln(first / second)` of each pair.
        log_ratios: Vec<f64>,
        /// `wall`, `thread CPU` or `process CPU`.
        clock: String,
        /// Size of the input.
        size: u64,
        /// What the size counts, such as `orders`.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        size_unit: String,
        /// Medians of a single call of the first and of the second, in microseconds.
        medians_us: [f64; 2],
        /// How many of the single samples were preempted, where that was looked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preempted: Option<u64>,
        /// The same samples by the wall, where `clock` is another: who waits uses no CPU time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wall: Option<WallPairs>,
    },
    /// A CPU profile was written.
    Profile {
        /// The flamegraph.
        svg: String,
        /// The folded stacks behind it.
        folded: String,
        /// The same for readers of pprof's protobuf.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pprof: Option<String>,
        /// By what the samples were taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sampler: Option<String>,
        /// Samples taken.
        samples: u64,
        /// The frames with the largest own-or-below share of samples, the largest first: frame and share.
        top: Vec<(String, f64)>,
        /// CPU time that the process used while it was sampled, in milliseconds; 0 where nobody looked.
        #[serde(default)]
        cpu_ms: f64,
        /// Calls or requests that it worked off meanwhile; 0 where nobody counted.
        #[serde(default)]
        work: u64,
        /// What each of those calls was given, such as `1,000 orders`; empty where it was requests.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        work_of: String,
    },
    /// Two CPU profiles were drawn as one flamegraph, coloured by what changed from the first to the second.
    FlameDiff {
        /// The flamegraph with the widths of the second.
        svg: String,
        /// The flamegraph with the widths of the first: what vanished shows only here. A colour means the same in both.
        reverse: String,
        /// Whose the first profile is, such as `original`.
        before: String,
        /// Whose the second one is, such as `yours`.
        after: String,
        /// Samples in the first and in the second.
        samples: [u64; 2],
        /// CPU time for one call or request in the first and in the second, in milliseconds, where they were counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cpu_ms: Option<[f64; 2]>,
        /// What each of those calls was given, such as `1,000 orders`; empty where it was requests.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        work_of: String,
        /// The frames that changed more than chance explains, the most changed first.
        changed: Vec<FrameChange>,
    },
    /// Off-CPU time was recorded: how long threads waited, and for what.
    #[serde(rename = "offcpu")]
    OffCpu {
        /// The flamegraph of who waited in the midst of work, where anybody did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        svg: Option<String>,
        /// The folded stacks behind it, in microseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        folded: Option<String>,
        /// How long threads waited in the midst of work, in milliseconds; the sum over all threads.
        blocked_ms: f64,
        /// The same by what they waited for, the longest first.
        reasons: Vec<(String, f64)>,
        /// How long workers without a task waited for one, in milliseconds.
        idle_ms: f64,
        /// How long threads wanted to run while others had the CPU, in milliseconds.
        preempted_ms: f64,
        /// The frames with the largest share of the blocked time, the largest first.
        top: Vec<(String, f64)>,
    },
    /// A heap profile was written.
    Heap {
        /// The file for dhat's viewer.
        file: String,
        /// Bytes requested in total.
        total_bytes: u64,
        /// Blocks requested in total.
        total_blocks: u64,
        /// Most bytes live at once.
        peak_bytes: u64,
        /// Bytes that were still live when the profile ended: kept on purpose, or leaked.
        #[serde(default)]
        end_bytes: u64,
        /// Blocks that were still live when the profile ended.
        #[serde(default)]
        end_blocks: u64,
        /// Every site, those that requested the most bytes first.
        sites: Vec<HeapSite>,
        /// The flamegraph of requested bytes.
        #[serde(default)]
        svg: String,
    },
    /// A sampling allocator was asked again and again what was live; this is the moment when that was most.
    LiveHeap {
        /// Its answer, as jemalloc writes it.
        file: String,
        /// The flamegraph of live bytes.
        svg: String,
        /// How often it was asked.
        looks: u64,
        /// One sample for so many requested bytes, on average.
        sample_bytes: u64,
        /// Bytes live at that moment, estimated from the samples.
        live_bytes: u64,
        /// Every site with a sample. `bytes` and `blocks` are what is live of it, estimated.
        sites: Vec<HeapSite>,
    },
    /// A service listens.
    Serving {
        /// Loopback address and port.
        address: String,
    },
    /// A database is there until our standard input closes.
    Database {
        /// Where to connect.
        url: String,
    },
    /// The program could not do what it was asked; the text says what to do.
    Failed {
        /// The reason.
        message: String,
    },
    /// The machine did not give the program what any program of the lab needs, such as room for a database: nobody's code is judged by it.
    MachineFailed {
        /// The reason, and what to do.
        message: String,
    },
}

/// What kind of figure a [`Record::Metric`] is: how small a difference can be told depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// The median response time of an open-loop round.
    P50,
    /// The 99th percentile of the response times of an open-loop round.
    P99,
    /// The median time of a call that has the machine to itself.
    Call,
    /// CPU time of the subject's whole process for one unit of its work.
    Cpu,
}

impl MetricKind {
    /// What was read: `wall` or `process CPU`.
    pub fn clock(self) -> &'static str {
        match self {
            MetricKind::P50 | MetricKind::P99 | MetricKind::Call => "wall",
            MetricKind::Cpu => "process CPU",
        }
    }
}

/// The pairs of a [`Record::Pairs`] by the wall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WallPairs {
    /// `ln(first / second)` of each pair.
    pub log_ratios: Vec<f64>,
    /// Medians of a single call of the first and of the second, in microseconds.
    pub medians_us: [f64; 2],
}

/// The distribution of one route's response times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// The route.
    pub name: String,
    /// How many requests it describes.
    pub requests: u64,
    /// Share of the requests, 0.0 to 1.0, and the milliseconds that they did not exceed; ascending, the longest last.
    pub percentiles_ms: Vec<(f64, f64)>,
}

/// A function whose part in a CPU profile changed. What it calls is part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameChange {
    /// The function; a lab and its solution go by the lab's name.
    pub frame: String,
    /// Share of the samples before and after, 0.0 to 1.0.
    pub shares: [f64; 2],
    /// CPU time for one call or request before and after, in milliseconds, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<[f64; 2]>,
}

/// One allocation site of a heap profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapSite {
    /// Bytes requested there in total.
    pub bytes: u64,
    /// Blocks requested there in total.
    pub blocks: u64,
    /// Bytes of it live at the moment when the whole heap was largest.
    #[serde(default)]
    pub peak_bytes: u64,
    /// Bytes of it still live at the end.
    #[serde(default)]
    pub end_bytes: u64,
    /// The frames that name our code, innermost first: function and `file:line`.
    pub frames: Vec<String>,
}

/// A table of figures for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What the table shows.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// The column to draw as bars, where a picture helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plot: Option<usize>,
}

/// A column of a [`Table`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The heading.
    pub name: String,
    /// `ms`, `B`, empty for plain numbers and text.
    #[serde(default)]
    pub unit: String,
    /// The objective that the figures of this column are held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slo: Option<Slo>,
}

impl Column {
    /// A column with a heading and a unit.
    pub fn new(name: &str, unit: &str) -> Self {
        Column { name: name.into(), unit: unit.into(), slo: None }
    }

    /// The same column, held against an upper limit in the column's unit.
    pub fn at_most(self, at_most: f64) -> Self {
        Column { slo: Some(Slo { at_most }), ..self }
    }
}

/// An upper limit that was promised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Slo {
    /// Largest figure that keeps the promise, in the column's unit.
    pub at_most: f64,
}

/// One cell of a [`Table`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A figure.
    Number(f64),
    /// A word.
    Text(String),
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Cell::Number(value)
    }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Cell::Number(value as f64)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_flat_line_and_comes_back() {
        let counts = Counts::from([("statements".into(), 4.0)]);
        let record = Record::Counts { size: 100, unit: "orders".into(), counts };
        let line = serde_json::to_string(&record).expect("serialises");
        assert_eq!(line, r#"{"type":"counts","size":100,"unit":"orders","counts":{"statements":4.0}}"#);
        assert_eq!(serde_json::from_str::<Record>(&line).expect("comes back"), record);
    }

    #[test]
    fn a_size_of_an_older_program_has_no_unit() {
        let old = r#"{"type":"counts","size":100,"counts":{}}"#;
        let record = Record::Counts { size: 100, unit: String::new(), counts: Counts::new() };
        assert_eq!(serde_json::from_str::<Record>(old).expect("comes back"), record);
        assert_eq!(serde_json::to_string(&record).expect("serialises"), old);
    }

    #[test]
    fn cells_tell_numbers_from_words() {
        let cells: Vec<Cell> = serde_json::from_str(r#"[1.5, "GET /orders"]"#).expect("parses");
        assert_eq!(cells, [Cell::Number(1.5), Cell::Text("GET /orders".into())]);
    }
}
