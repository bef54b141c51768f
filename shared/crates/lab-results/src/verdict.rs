//! The document that a verification ends in.

use serde::{Deserialize, Serialize};

use crate::compare::Finding;
use crate::gate::{GateResult, Status};
use crate::growth::Growth;
use crate::record::Counts;
use crate::stats::Interval;

/// Version of the [`Verdict`] document. Readers refuse a newer one and say so.
pub const SCHEMA: u32 = 2;

/// Everything that one verification found, kept as one JSON document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// [`SCHEMA`] of the program that wrote the document.
    pub schema: u32,
    /// The lab's name, such as `lab-01-string-building`.
    pub lab: String,
    /// The seed that repeats the run.
    pub seed: u64,
    /// `sqlite`, `postgres`, or nothing for a lab without a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// When, in seconds since 1970.
    pub at: u64,
    /// The result.
    pub outcome: Outcome,
    /// Why, in a sentence or a compiler's words.
    pub reason: String,
    /// Correctness cases passed.
    pub cases: u64,
    /// Every gate, held against yours.
    pub gates: Vec<GateResult>,
    /// The counts of baseline, yours and reference at every size, each subject's smallest first.
    pub counts: Vec<SubjectCounts>,
    /// Instructions of one call of baseline, yours and reference, as the count `instructions` at the size of the paired ratios:
    /// nothing where they were not asked for, and a subject without that count where it starts threads. They decide nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<SubjectCounts>,
    /// How each count grows with the size, where there are sizes enough to tell.
    pub growth: Vec<SubjectGrowth>,
    /// Timed ratios.
    pub ratios: Vec<Ratio>,
    /// Share of the reference's speed-up captured, by time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<f64>,
    /// Hints that had been read.
    pub hints_used: u8,
    /// Whether a diagnosis had been given, and how many of its questions were right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<String>,
    /// Machine: operating system, architecture, cores.
    pub machine: String,
    /// One-minute load average at the end of the run, where the platform tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// Wall time of the verification without its build.
    pub seconds: f64,
}

impl Verdict {
    /// A subject's counts at its largest size.
    pub fn largest(&self, subject: &str) -> Option<&SubjectCounts> {
        self.counts.iter().filter(|counts| counts.subject == subject).max_by_key(|counts| counts.size)
    }
}

/// How one count of one subject grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubjectGrowth {
    /// `baseline`, `yours` or `reference`.
    pub subject: String,
    /// The count's name.
    pub count: String,
    /// Its growth with the size.
    pub growth: Growth,
}

/// Counts of one subject at one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubjectCounts {
    /// `baseline`, `yours` or `reference`.
    pub subject: String,
    /// Size of the input.
    pub size: u64,
    /// The counts.
    pub counts: Counts,
}

/// A timed ratio with its interval, as `first / second`: above 1 the second takes less time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// What was divided by what, such as `baseline / yours` or `GET p99: baseline / yours`. Both names alike: the noise.
    pub name: String,
    /// The median ratio with its interval.
    pub ratio: Interval,
    /// What the interval says of the second.
    pub finding: Finding,
    /// `wall`, `thread CPU`, `process CPU`.
    pub clock: String,
    /// Size of the input, in the lab's own unit; nothing where the load has no size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// `us` or `ms`: unit of the two medians.
    pub unit: String,
    /// Median of one sample of the first and of the second.
    pub medians: [f64; 2],
    /// Fresh processes, or rounds, that the pairs came from.
    pub workers: usize,
    /// Share of the single samples during which the processor was taken away, where that was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preempted: Option<f64>,
}

impl Ratio {
    /// True for identical work on both sides: what this machine adds to any ratio now.
    pub fn is_noise(&self) -> bool {
        let pair = self.name.rsplit(": ").next().unwrap_or(&self.name);
        pair.split_once(" / ").is_some_and(|(first, second)| first == second)
    }
}

/// What a verification can end in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Right answers and every gate passed.
    Solved,
    /// Right answers, but a gate was missed.
    NotYet,
    /// A wrong answer.
    WrongAnswer,
    /// Too noisy to tell.
    Inconclusive,
    /// Does not compile, panics, or runs out of its time or memory.
    Invalid,
}

impl Outcome {
    /// The process exit code: 0 solved, 1 not yet or wrong, 3 invalid or inconclusive. (2 is usage.)
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Solved => 0,
            Outcome::NotYet | Outcome::WrongAnswer => 1,
            Outcome::Inconclusive | Outcome::Invalid => 3,
        }
    }

    /// The word that people see.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Solved => "SOLVED",
            Outcome::NotYet => "NOT YET",
            Outcome::WrongAnswer => "WRONG ANSWER",
            Outcome::Inconclusive => "INCONCLUSIVE",
            Outcome::Invalid => "INVALID",
        }
    }
}

/// Decides from gates, and from the timed speed-up where a lab demands one: counts first, time last.
///
/// `speed_up` is the interval of baseline over yours and `at_least` the demanded ratio. A time can only miss when the whole
/// interval lies below the demand; when the interval spans it the machine was too noisy to tell. `is_noise_different` says that
/// the same run called identical work different: then no time is believed.
pub fn decide(
    gates: &[GateResult],
    speed_up: Option<Interval>,
    is_noise_different: bool,
    at_least: Option<f64>,
) -> (Outcome, String) {
    if let Some(unknown) = gates.iter().find(|gate| gate.status == Status::Unknown) {
        return (Outcome::Invalid, format!("{} ({}) could not be measured", unknown.says, unknown.count));
    }
    if let Some(missed) = gates.iter().find(|gate| gate.status == Status::Missed) {
        let by = missed.missed_by.map(|by| format!(", {}x too much", crate::gate::figure(by))).unwrap_or_default();
        return (Outcome::NotYet, format!("{}: found {}, allowed {}{by}", missed.says, missed.found, missed.limit));
    }
    let solved = (Outcome::Solved, "right answers, and every gate passed".to_string());
    match (speed_up.filter(|_| !is_noise_different), at_least) {
        (_, None) => solved,
        (Some(interval), Some(least)) if interval.low >= least => solved,
        (Some(interval), Some(least)) if interval.high < least => {
            (Outcome::NotYet, format!("time: {:.2}x as fast as before, needs {least}x", interval.median))
        }
        (None, Some(_)) if is_noise_different => (
            Outcome::Inconclusive,
            "the counts pass, but identical programs differed in this run, so no time of it is believed; run it again"
                .into(),
        ),
        (speed_up, Some(least)) => (
            Outcome::Inconclusive,
            format!(
                "the counts pass, but the time could not be told from the {least}x that are needed{}; close other programs \
                 and run it again",
                speed_up.map(|x| format!(" ({:.2}x .. {:.2}x)", x.low, x.high)).unwrap_or_default()
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(status: Status) -> GateResult {
        GateResult {
            count: "statements".into(),
            says: "statements per page".into(),
            limit: "<= 6".into(),
            found: "3,481".into(),
            status,
            missed_by: Some(580.0),
            hint: 2,
        }
    }

    fn interval(low: f64, high: f64) -> Option<Interval> {
        Some(Interval { median: f64::midpoint(low, high), low, high, samples: 100 })
    }

    #[test]
    fn counts_decide_before_time() {
        let (outcome, reason) = decide(&[gate(Status::Missed)], interval(90.0, 110.0), false, Some(2.0));
        assert_eq!(outcome, Outcome::NotYet);
        assert_eq!(reason, "statements per page: found 3,481, allowed <= 6, 580x too much");
    }

    #[test]
    fn time_only_fails_when_the_whole_interval_does() {
        let passed = [gate(Status::Passed)];
        assert_eq!(decide(&passed, interval(2.1, 2.3), false, Some(2.0)).0, Outcome::Solved);
        assert_eq!(decide(&passed, interval(1.1, 1.3), false, Some(2.0)).0, Outcome::NotYet);
        assert_eq!(decide(&passed, interval(1.1, 2.3), false, Some(2.0)).0, Outcome::Inconclusive);
        assert_eq!(decide(&passed, None, false, Some(2.0)).0, Outcome::Inconclusive);
        assert_eq!(decide(&passed, None, false, None).0, Outcome::Solved);
    }

    #[test]
    fn no_time_is_believed_when_identical_work_differed() {
        let passed = [gate(Status::Passed)];
        for speed_up in [interval(2.1, 2.3), interval(1.1, 1.3)] {
            assert_eq!(decide(&passed, speed_up, true, Some(2.0)).0, Outcome::Inconclusive);
        }
        assert_eq!(decide(&passed, None, true, None).0, Outcome::Solved);
    }

    #[test]
    fn noise_is_known_by_its_two_equal_names() {
        let named = |name: &str| Ratio {
            name: name.into(),
            ratio: interval(0.99, 1.01).expect("an interval"),
            finding: Finding::Same,
            clock: "wall".into(),
            size: None,
            unit: "us".into(),
            medians: [1.0, 1.0],
            workers: 4,
            preempted: None,
        };
        assert!(named("reference / reference").is_noise());
        assert!(named("GET p99: reference / reference").is_noise());
        assert!(!named("GET p99: baseline / yours").is_noise());
    }

    #[test]
    fn a_gate_that_could_not_be_measured_never_passes() {
        assert_eq!(decide(&[gate(Status::Unknown)], None, false, None).0, Outcome::Invalid);
    }

    #[test]
    fn exit_codes_are_the_documented_ones() {
        use Outcome::*;
        assert_eq!([Solved, NotYet, WrongAnswer, Inconclusive, Invalid].map(Outcome::exit_code), [0, 1, 1, 3, 3]);
    }
}
