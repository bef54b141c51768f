//! What the judge is asked, what it answers, and what it must reach.

use std::fmt;

use anyhow::{Result, bail};
use lab_results::Finding;
use serde::{Deserialize, Serialize};

/// A comparison and how often to ask it.
#[derive(Debug, Clone)]
pub struct Question {
    /// The kind of work.
    pub class: &'static str,
    /// How much longer one side works, in percent.
    pub percent: u32,
    /// Processes that keep the machine busy meanwhile.
    pub hogs: usize,
    /// How often.
    pub runs: usize,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Question { class, percent, hogs, runs } = self;
        write!(f, "{class}, {percent}% planted, {hogs} processes beside it, {runs} runs")
    }
}

/// The answers to one question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    /// The kind of work.
    pub class: String,
    /// How much longer one side worked.
    pub percent: u32,
    /// Processes that kept the machine busy.
    pub hogs: usize,
    /// How often it was asked.
    pub runs: usize,
    /// Findings of each kind.
    pub same: usize,
    /// See [`Finding::Faster`].
    pub faster: usize,
    /// See [`Finding::Slower`].
    pub slower: usize,
    /// See [`Finding::Inconclusive`].
    pub inconclusive: usize,
    /// Findings that were false.
    pub wrong: usize,
    /// Median over the runs of the longer side over the shorter.
    pub ratio: Option<f64>,
    /// Median of a single sample, in microseconds.
    pub sample_us: Option<f64>,
    /// What was read.
    pub clock: String,
    /// Median wall time of a verdict.
    pub seconds_p50: f64,
    /// 95th percentile of it.
    pub seconds_p95: f64,
    /// Lowest and highest load average seen after a verdict.
    pub load: Option<[f64; 2]>,
}

impl Answer {
    /// No answers yet.
    pub fn new(question: &Question) -> Self {
        Answer {
            class: question.class.into(),
            percent: question.percent,
            hogs: question.hogs,
            runs: question.runs,
            same: 0,
            faster: 0,
            slower: 0,
            inconclusive: 0,
            wrong: 0,
            ratio: None,
            sample_us: None,
            clock: String::new(),
            seconds_p50: f64::NAN,
            seconds_p95: f64::NAN,
            load: None,
        }
    }

    /// Counts one finding.
    pub fn count(&mut self, finding: Finding, is_wrong: bool) {
        match finding {
            Finding::Same => self.same += 1,
            Finding::Faster => self.faster += 1,
            Finding::Slower => self.slower += 1,
            Finding::Inconclusive => self.inconclusive += 1,
        }
        self.wrong += usize::from(is_wrong);
    }

    /// Widens the range of loads seen.
    pub fn see_load(&mut self, load: Option<f64>) {
        if let Some(load) = load {
            let [low, high] = self.load.unwrap_or([load, load]);
            self.load = Some([low.min(load), high.max(load)]);
        }
    }

    /// Findings of a difference.
    pub fn different(&self) -> usize {
        self.faster + self.slower
    }
}

/// How often a known growth was named.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GrowthAnswer {
    /// The true class.
    pub class: String,
    /// How often it was asked.
    pub runs: usize,
    /// Right answers from exact counts.
    pub by_counts: usize,
    /// Right answers from minima of wall time, where times can tell.
    pub by_time: Option<usize>,
    /// Whether the counts of the ten runs with one seed were identical.
    pub counts_repeated: bool,
}

/// How often a way of measuring called identical work different.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ControlAnswer {
    /// The way.
    pub name: String,
    /// Whether it must fail, for the examination to mean anything.
    pub must_fail: bool,
    /// Verdicts.
    pub runs: usize,
    /// Those that said "different".
    pub different: usize,
}

impl ControlAnswer {
    /// More than 1% of identical pairs called different.
    pub fn failed(&self) -> bool {
        self.different * 100 > self.runs
    }
}

/// What Criterion said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CriterionAnswer {
    /// The kind of work.
    pub class: String,
    /// How much longer the second worked.
    pub percent: u32,
    /// Comparisons.
    pub runs: usize,
    /// "Performance has regressed."
    pub regressed: usize,
    /// "Performance has improved."
    pub improved: usize,
    /// "No change in performance detected", or a change within its noise threshold.
    pub unchanged: usize,
    /// Median wall time of one comparison.
    pub seconds_p50: f64,
}

impl CriterionAnswer {
    /// Reads one comparison's words.
    pub fn count(&mut self, words: &str) -> Result<()> {
        if words.contains("Performance has regressed") {
            self.regressed += 1;
        } else if words.contains("Performance has improved") {
            self.improved += 1;
        } else if words.contains("No change in performance") || words.contains("Change within noise threshold") {
            self.unchanged += 1;
        } else {
            bail!("Criterion compared nothing: {words}");
        }
        Ok(())
    }
}

/// One bar.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bar {
    /// What is asked.
    pub name: String,
    /// The limit.
    pub asked: String,
    /// What was found.
    pub found: String,
    /// Whether the limit was kept.
    pub is_reached: bool,
    /// Whether missing it fails the examination. Controls that must fail show it only over many runs, and on a processor that
    /// minds where code lies; eight copies of the branchy loop are not all alike to a branch predictor even when aligned. The
    /// quick examination insists on neither.
    pub is_asserted: bool,
}

impl Bar {
    /// True when this bar fails the examination.
    pub fn fails(&self) -> bool {
        self.is_asserted && !self.is_reached
    }
}
