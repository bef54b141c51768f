//! The document that a verification ends in.

use serde::{Deserialize, Serialize};

use crate::compare::Finding;
use crate::gate::GateResult;
use crate::growth::Growth;
use crate::record::Counts;
use crate::stats::Interval;

/// Version of the [`Verdict`] document. Readers refuse a newer one and say so.
pub const SCHEMA: u32 = 3;

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
    /// The counts of original, yours and reference at every size, each subject's smallest first.
    pub counts: Vec<SubjectCounts>,
    /// Instructions of one call of original, yours and reference, as the count `instructions` at the size of the paired ratios:
    /// nothing where they were not asked for, and a subject without that count where it starts threads. They decide nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<SubjectCounts>,
    /// How each count grows with the size, where there are sizes enough to tell.
    pub growth: Vec<SubjectGrowth>,
    /// Timed ratios.
    pub ratios: Vec<Ratio>,
    /// Share of the reference's speed-up captured, by time, where neither of the two ratios is inconclusive.
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
    /// `original`, `yours` or `reference`.
    pub subject: String,
    /// The count's name.
    pub count: String,
    /// Its growth with the size.
    pub growth: Growth,
}

/// Counts of one subject at one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubjectCounts {
    /// `original`, `yours` or `reference`.
    pub subject: String,
    /// Size of the input.
    pub size: u64,
    /// What the size counts, such as `lines`; empty in documents of older programs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The counts.
    pub counts: Counts,
}

/// A timed ratio with its interval, as `first / second`: above 1 the second takes less time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// What was divided by what, such as `original / yours` or `GET p99: original / yours`. Both names alike: the noise.
    pub name: String,
    /// The median ratio with its interval.
    pub ratio: Interval,
    /// What the interval says of the second.
    pub finding: Finding,
    /// How far apart the two may be and still count as the same: the finding is `same` for ratios between `1 / (1 + margin)` and
    /// `1 + margin`. Verdicts before version 3 do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// `wall` or `process CPU`; `thread CPU` in documents of older programs.
    pub clock: String,
    /// Size of the input; nothing where the load has no size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What the size counts, such as `orders`; empty where there is none, and in documents of older programs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub size_unit: String,
    /// Unit of the two medians: `us` for calls of a pure function, which are repeated, and `ms` for rounds.
    pub unit: String,
    /// Median of one call, or round, of the first and of the second.
    pub medians: [f64; 2],
    /// Fresh processes, or rounds, that the pairs came from.
    pub workers: usize,
    /// Share of the single samples during which the processor was taken away, where that was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preempted: Option<f64>,
}

impl Ratio {
    /// True for calls that were repeated on one input: they take less than a first call, and no objective is for them.
    pub fn is_of_repeated_calls(&self) -> bool {
        self.unit == "us"
    }

    /// True for identical work on both sides: what this machine adds to any ratio now.
    pub fn is_noise(&self) -> bool {
        let pair = self.name.rsplit(": ").next().unwrap_or(&self.name);
        pair.split_once(" / ").is_some_and(|(first, second)| first == second)
    }
}

/// The ratios that a lab's demand is held against: original over yours at the size that hurts, which is timed first, by CPU time and by
/// the wall.
pub fn demanded(ratios: &[Ratio]) -> [Option<&Ratio>; 2] {
    let mut of_yours = ratios.iter().filter(|ratio| ratio.name == "original / yours");
    let cpu = of_yours.clone().find(|ratio| ratio.clock == "process CPU");
    let wall = of_yours.find(|ratio| ratio.clock == "wall" && cpu.is_some_and(|cpu| ratio.size == cpu.size));
    [cpu, wall]
}

/// What a verification can end in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Right answers and every gate passed.
    Solved,
    /// Right answers and every gate passed, as far as was looked: at small sizes, or without time. A complete verification decides.
    CountsPass,
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
    /// The process exit code: 0 solved, or all passed that was asked for, 1 not yet or wrong, 3 invalid or inconclusive. (2 is usage.)
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Solved | Outcome::CountsPass => 0,
            Outcome::NotYet | Outcome::WrongAnswer => 1,
            Outcome::Inconclusive | Outcome::Invalid => 3,
        }
    }

    /// The word that people see.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Solved => "SOLVED",
            Outcome::CountsPass => "COUNTS PASS",
            Outcome::NotYet => "NOT YET",
            Outcome::WrongAnswer => "WRONG ANSWER",
            Outcome::Inconclusive => "INCONCLUSIVE",
            Outcome::Invalid => "INVALID",
        }
    }
}

impl Outcome {
    /// What a verification that looked at less than everything comes to: `left_out` is a sentence on what was not looked at, `next` what
    /// decides.
    pub fn of_incomplete(self, reason: String, left_out: &str, next: &str) -> (Outcome, String) {
        match self {
            Outcome::Solved => {
                (Outcome::CountsPass, format!("All gates passed so far. {left_out}: run `{next}` for the verdict."))
            }
            other => (other, reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, high: f64) -> Option<Interval> {
        Some(Interval { median: f64::midpoint(low, high), low, high, samples: 100 })
    }

    #[test]
    fn noise_is_known_by_its_two_equal_names() {
        let named = |name: &str| Ratio {
            name: name.into(),
            ratio: interval(0.99, 1.01).expect("an interval"),
            finding: Finding::Same,
            margin: Some(0.02),
            clock: "wall".into(),
            size: None,
            size_unit: String::new(),
            unit: "us".into(),
            medians: [1.0, 1.0],
            workers: 4,
            preempted: None,
        };
        assert!(named("reference / reference").is_noise());
        assert!(named("GET p99: reference / reference").is_noise());
        assert!(!named("GET p99: original / yours").is_noise());
    }

    #[test]
    fn less_than_the_whole_is_never_called_solved() {
        let (outcome, reason) =
            Outcome::Solved.of_incomplete("all passed".into(), "Nothing was timed", "make verify-01");
        assert_eq!(outcome, Outcome::CountsPass);
        assert_eq!(reason, "All gates passed so far. Nothing was timed: run `make verify-01` for the verdict.");
        assert_eq!(Outcome::NotYet.of_incomplete("x".into(), "Nothing was timed", "y"), (Outcome::NotYet, "x".into()));
    }

    #[test]
    fn exit_codes_are_the_documented_ones() {
        use Outcome::*;
        let all = [Solved, CountsPass, NotYet, WrongAnswer, Inconclusive, Invalid];
        assert_eq!(all.map(Outcome::exit_code), [0, 0, 1, 1, 3, 3]);
    }
}
