//! Labs whose subjects are whole programs: baseline, yours, and the reference twice, in short rounds.
//!
//! A round is one turn of each under the same schedule of requests, some tenths of a second in all, so that a busy moment of the machine
//! hits them all alike; its ratios are the samples. After some rounds all programs start afresh: one process may have luck with its
//! memory and its cores, several have not.

use std::path::Path;

use anyhow::{Result, bail};
use lab_results::stats::{median, range};
use lab_results::verdict::Ratio;
use lab_results::{Finding, MetricKind, Record, Rule};

use super::Timing;
use crate::runner::Session;
use crate::verify::Ended;
use crate::verify::stages::{Stages, invalid};

/// How often every program starts afresh. How many rounds it takes part in each time is the lab's to say.
const STARTS: usize = 4;
/// One look, at all rounds.
const RULE: Rule = Rule { alpha: 0.05, looks: &[STARTS], margin: 0.0 };

/// Who takes turns: the reference twice, for the noise.
const SUBJECTS: usize = 4;
const BASELINE: usize = 0;
const YOURS: usize = 1;
const REFERENCE: usize = 2;
const AGAIN: usize = 3;

/// Who comes when. Over four rounds everybody has every place once, and follows everybody else once (Williams, "Experimental
/// designs balanced for the estimation of residual effects of treatments", 1949): what comes first, or after whom, is no advantage.
const ORDER: [[usize; SUBJECTS]; 4] = [
    [BASELINE, YOURS, AGAIN, REFERENCE],
    [YOURS, REFERENCE, BASELINE, AGAIN],
    [REFERENCE, AGAIN, YOURS, BASELINE],
    [AGAIN, BASELINE, REFERENCE, YOURS],
];

/// How far the medians of identical programs lie apart at most, by kind; what lies within is no difference. From the A/A runs in
/// the book.
fn margin(kind: MetricKind) -> f64 {
    match kind {
        MetricKind::P50 => 0.10,
        MetricKind::P99 => 0.50,
        MetricKind::Call => 0.20,
        MetricKind::Cpu => 0.20,
    }
}

/// A figure of all subjects in all rounds; NaN where a subject had none.
struct Metric {
    name: String,
    kind: MetricKind,
    unit: String,
    rounds: Vec<[f64; SUBJECTS]>,
}

/// Times whole programs in turns.
pub fn time(stages: &Stages) -> Result<std::result::Result<Timing, Ended>> {
    let mut metrics: Vec<Metric> = Vec::new();
    let mut round = 0;
    for start in 0..STARTS {
        let mut sessions = start_all(stages, start)?;
        let ready: Vec<Option<u64>> = sessions.iter_mut().map(Session::ready).collect();
        for _ in 0..ready.iter().copied().min().flatten().unwrap_or(0) {
            for subject in ORDER[round % ORDER.len()] {
                let said = sessions[subject].take_turn();
                said.into_iter().for_each(|record| collect(&mut metrics, round, subject, record));
            }
            round += 1;
        }
        if let Some(ended) = finish_all(sessions)? {
            return Ok(Err(ended));
        }
    }
    let ratios = |metric: &Metric| {
        let pairs = [("baseline / yours", BASELINE, YOURS), ("reference / reference", REFERENCE, AGAIN)];
        pairs.into_iter().filter_map(|(pair, first, second)| metric.ratio(pair, first, second)).collect::<Vec<_>>()
    };
    Ok(Ok(Timing { ratios: metrics.iter().flat_map(ratios).collect(), logs: metrics.first().and_then(Metric::logs) }))
}

/// All four, with inputs that no earlier start had.
fn start_all(stages: &Stages, start: usize) -> Result<Vec<Session>> {
    let programs = stages.programs;
    let one = |program: &Path| {
        let (program, call) = stages.call(program, "measure", stages.seed + 1_000 * start as u64)?;
        Session::with_input(program, &call)
    };
    let subjects = [&programs.baseline, &programs.yours, &programs.reference, &programs.reference];
    subjects.into_iter().map(|program| one(program)).collect()
}

/// Ends all four. How yours failed, if it did.
fn finish_all(sessions: Vec<Session>) -> Result<Option<Ended>> {
    for (subject, session) in sessions.into_iter().enumerate() {
        let ran = session.finish()?;
        match &ran.failure {
            None => {}
            Some(_) if subject == YOURS => return Ok(Some(invalid(&ran))),
            Some(failure) if subject == BASELINE => bail!("the baseline program failed: {failure}"),
            Some(failure) => bail!("the reference program failed: {failure}"),
        }
    }
    Ok(None)
}

fn collect(metrics: &mut Vec<Metric>, round: usize, subject: usize, record: Record) {
    let Record::Metric { name, kind, unit, value } = record else { return };
    let at = metrics.iter().position(|metric| metric.name == name).unwrap_or_else(|| {
        metrics.push(Metric { name, kind, unit, rounds: Vec::new() });
        metrics.len() - 1
    });
    let rounds = &mut metrics[at].rounds;
    rounds.resize(rounds.len().max(round + 1), [f64::NAN; SUBJECTS]);
    rounds[round][subject] = value;
}

impl Metric {
    fn log_ratios(&self, first: usize, second: usize) -> Vec<f64> {
        let logs = self.rounds.iter().map(|round| (round[first] / round[second]).ln());
        logs.filter(|log| log.is_finite()).collect()
    }

    fn finding(&self, log_ratios: &[f64]) -> Finding {
        Rule { margin: margin(self.kind), ..RULE }.finding_of(RULE.interval(log_ratios))
    }

    fn ratio(&self, pair: &str, first: usize, second: usize) -> Option<Ratio> {
        let log_ratios = self.log_ratios(first, second);
        let of = |subject: usize| self.rounds.iter().map(|round| round[subject]).collect::<Vec<_>>();
        Some(Ratio {
            name: format!("{}: {pair}", self.name),
            ratio: RULE.interval(&log_ratios).or_else(|| range(&log_ratios))?.exp(),
            finding: self.finding(&log_ratios),
            clock: self.kind.clock().into(),
            size: None,
            unit: self.unit.clone(),
            medians: [median(&of(first))?, median(&of(second))?],
            workers: STARTS,
            preempted: None,
        })
    }

    /// `ln(baseline / yours)` and `ln(baseline / reference)`, where the reference is faster for certain: what lies within the noise has
    /// no shares.
    fn logs(&self) -> Option<(f64, f64)> {
        let reference = self.log_ratios(BASELINE, REFERENCE);
        if self.finding(&reference) != Finding::Faster {
            return None;
        }
        median(&self.log_ratios(BASELINE, YOURS)).zip(median(&reference))
    }
}
