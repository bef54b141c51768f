//! A performance baseline that people keep: what is normal, in a document made to be committed.
//!
//! It records counts, how they grow, and timed ratios with their intervals; never an absolute time, because a time belongs to a
//! machine and an hour. [`compare()`] holds a later run against it. Counts and growth decide; ratios are there to be read, because two
//! of them from two days are no pair, and the judge of one run cannot answer for the other's machine.
//!
//! Maps are sorted and whole numbers are written without a point, so that two versions of a file differ in the lines that moved.

mod compare;
mod history;
mod runs;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::compare::Finding;
use crate::growth::Growth;
use crate::stats::Interval;
use crate::verdict;

pub use compare::{Change, Moved, TOLERANCE, What, compare, known_schema};
pub use history::{Move, Step, history, moves};
pub use runs::Run;

/// Version of the [`Baseline`] document. Readers refuse any other and say what to do.
pub const SCHEMA: u32 = 1;

/// What was normal, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// [`SCHEMA`] of the program that wrote the document.
    pub schema: u32,
    /// What people call it; also the file's name.
    pub name: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// The same as people read it, in UTC.
    pub date: String,
    /// Machine: operating system, architecture, cores.
    pub machine: String,
    /// What compiled it: `rustc --version`.
    pub toolchain: String,
    /// The commit that was checked out; absent without git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// How often the counts were taken.
    pub repeats: usize,
    /// What was run, so that it can be run again.
    pub source: Source,
    /// What was found, by subject: a lab's name, or a program's.
    pub subjects: BTreeMap<String, Subject>,
}

/// A state of the sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Git's hash.
    pub hash: String,
    /// Whether there were changes that the commit does not have.
    pub dirty: bool,
}

/// What is run to take the counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Labs, as they are in the checkout; the subjects' names say which.
    Labs {
        /// Seed of all their inputs.
        seed: u64,
        /// Small sizes, no timing.
        quick: bool,
    },
    /// A program that prints [`Record::Counts`](crate::Record::Counts) lines. Its inputs follow from its arguments.
    Program {
        /// The program and its arguments, started without a shell.
        command: Vec<String>,
    },
}

/// What was found of one subject.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Subject {
    /// `sqlite` or `postgres`, for labs that use a database: their counts may differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// By the count's name.
    pub counts: BTreeMap<String, Count>,
    /// Timed ratios: shown, never held against anybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratios: Vec<Ratio>,
}

/// One count at every size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// Which direction is worse.
    pub worse: Worse,
    /// Whether it can be held exactly.
    pub repeated: Repeated,
    /// How it grows with the size, where there are sizes enough to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Growth>,
    /// What the size counts, such as `orders`; empty in documents that were saved earlier, and where nobody says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// By size: the value, or the median of the repeats.
    #[serde(serialize_with = "plain")]
    pub at: BTreeMap<u64, f64>,
}

/// Which direction of a count is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worse {
    /// The rule.
    More,
    /// Where a lab's gate asks for at least so many, and none for at most.
    Less,
}

/// How a count came out when the same was run again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeated {
    /// The same every time, at every size.
    Exactly,
    /// At no size further from the median of the repeats than this share of it.
    Within(f64),
}

/// A timed ratio without its absolute times. See [`verdict::Ratio`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is the field of the same name of a verdict's ratio")]
pub struct Ratio {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Empty in baselines that were saved earlier.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub size_unit: String,
    pub ratio: Interval,
    pub finding: Finding,
    /// How far apart the two may be and still count as the same; baselines that were saved earlier do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    pub clock: String,
}

/// Why counts make no baseline, or two baselines cannot be compared: a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable(pub String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

impl From<&verdict::Ratio> for Ratio {
    fn from(ratio: &verdict::Ratio) -> Self {
        let Interval { median, low, high, samples } = ratio.ratio;
        let interval = Interval { median: rounded(median), low: rounded(low), high: rounded(high), samples };
        let (name, clock, size_unit) = (ratio.name.clone(), ratio.clock.clone(), ratio.size_unit.clone());
        Ratio {
            name,
            size: ratio.size,
            size_unit,
            ratio: interval,
            finding: ratio.finding,
            margin: ratio.margin,
            clock,
        }
    }
}

/// Four decimals: more would only make noise in a diff.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Whole numbers without a point.
fn plain<S: Serializer>(at: &BTreeMap<u64, f64>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Plain {
        Whole(i64),
        Broken(f64),
    }
    const EXACT: f64 = 9_007_199_254_740_992.0;
    serializer.collect_map(at.iter().map(|(size, &value)| {
        let is_whole = value.fract() == 0.0 && value.abs() < EXACT;
        (size, if is_whole { Plain::Whole(value as i64) } else { Plain::Broken(value) })
    }))
}

#[cfg(test)]
mod tests;
