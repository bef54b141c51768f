//! Labs whose subjects are whole programs: original, yours, and the reference twice, in short rounds.
//!
//! A round is one turn of each under the same schedule of requests, some tenths of a second in all, so that a busy moment of the machine
//! hits them all alike; its ratios are the samples. After some rounds all programs start afresh: one process may have luck with its
//! memory and its cores, several have not.

use std::path::Path;

use anyhow::{Result, bail};
use lab_results::decision::NoBetter;
use lab_results::stats::{median, range};
use lab_results::verdict::Ratio;
use lab_results::{Finding, MetricKind, Outcome, Record, Rule};

use super::Timing;
use crate::runner::Session;
use crate::verify::Ended;
use crate::verify::stages::Stages;

/// How often every program starts afresh. How many rounds it takes part in each time is the lab's to say.
const STARTS: usize = 4;
/// One look, at all rounds.
const RULE: Rule = Rule { alpha: 0.05, looks: &[STARTS], margin: 0.0 };

/// Who takes turns: the reference twice, for the noise.
const SUBJECTS: usize = 4;
const ORIGINAL: usize = 0;
const YOURS: usize = 1;
const REFERENCE: usize = 2;
const AGAIN: usize = 3;

/// Who comes when. Over four rounds everybody has every place once, and follows everybody else once (Williams, "Experimental
/// designs balanced for the estimation of residual effects of treatments", 1949): what comes first, or after whom, is no advantage.
const ORDER: [[usize; SUBJECTS]; 4] = [
    [ORIGINAL, YOURS, AGAIN, REFERENCE],
    [YOURS, REFERENCE, ORIGINAL, AGAIN],
    [REFERENCE, AGAIN, YOURS, ORIGINAL],
    [AGAIN, ORIGINAL, REFERENCE, YOURS],
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
        if let Some(ended) = finish_all(stages, sessions)? {
            return Ok(Err(ended));
        }
    }
    if let Some(metric) = metrics.iter().find(|metric| metric.is_missing_only(YOURS)) {
        return Ok(Err(Ended { outcome: Outcome::WrongAnswer, reason: metric.never_right() }));
    }
    let ratios = |metric: &Metric| {
        let pairs = [("original / yours", ORIGINAL, YOURS), ("reference / reference", REFERENCE, AGAIN)];
        pairs.into_iter().filter_map(|(pair, first, second)| metric.ratio(pair, first, second)).collect::<Vec<_>>()
    };
    Ok(Ok(Timing {
        ratios: metrics.iter().flat_map(ratios).collect(),
        logs: metrics.first().and_then(Metric::logs),
        no_better: metrics.iter().find_map(Metric::no_better),
    }))
}

/// All four, with inputs that no earlier start had.
fn start_all(stages: &Stages, start: usize) -> Result<Vec<Session>> {
    let programs = stages.programs;
    let one = |program: &Path| {
        let (program, call) = stages.call(program, "measure", stages.seed + 1_000 * start as u64)?;
        Session::with_input(program, &call)
    };
    let subjects = [&programs.original, &programs.yours, &programs.reference, &programs.reference];
    subjects.into_iter().map(|program| one(program)).collect()
}

/// Ends all four. How yours failed, if it did.
fn finish_all(stages: &Stages, sessions: Vec<Session>) -> Result<Option<Ended>> {
    for (subject, session) in sessions.into_iter().enumerate() {
        let ran = session.finish()?;
        if subject == YOURS {
            if let Some(ended) = stages.ended(&ran) {
                return Ok(Some(ended));
            }
            continue;
        }
        match &ran.failure {
            None => {}
            Some(failure) if subject == ORIGINAL => bail!("the original program failed: {failure}"),
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
    /// Whether this subject has the figure in no round, and everybody else in some. A busy machine takes a round from anybody.
    fn is_missing_only(&self, subject: usize) -> bool {
        let is_missing = |subject: usize| self.rounds.iter().all(|round| round[subject].is_nan());
        (0..SUBJECTS).all(|other| is_missing(other) == (other == subject))
    }

    /// Why there is no time of yours.
    fn never_right(&self) -> String {
        let rounds = self.rounds.len();
        format!(
            "case: under load, where it is timed\nexpected: answers to `{}` that keep what they say, as the original gives them\n\
             got: not in one of {rounds} rounds",
            self.name
        )
    }

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
            margin: Some(margin(self.kind)),
            clock: self.kind.clock().into(),
            size: None,
            size_unit: String::new(),
            unit: self.unit.clone(),
            medians: [median(&of(first))?, median(&of(second))?],
            workers: STARTS,
            preempted: None,
        })
    }

    /// `ln(original / yours)` and `ln(original / reference)`, where the reference is faster for certain, and yours is not inconclusive:
    /// what lies within the noise has no shares.
    fn logs(&self) -> Option<(f64, f64)> {
        let (yours, reference) = (self.log_ratios(ORIGINAL, YOURS), self.log_ratios(ORIGINAL, REFERENCE));
        if self.finding(&reference) != Finding::Faster || self.finding(&yours) == Finding::Inconclusive {
            return None;
        }
        median(&yours).zip(median(&reference))
    }

    /// Whether yours leaves this figure as it was, and the reference does not, both for certain. Yours must also be slower than the
    /// reference for certain: two that differ little may lie on either side of a margin.
    fn no_better(&self) -> Option<NoBetter> {
        let (yours, reference) = (self.log_ratios(ORIGINAL, YOURS), self.log_ratios(ORIGINAL, REFERENCE));
        let is_left = matches!(self.finding(&yours), Finding::Same | Finding::Slower);
        let is_behind = self.finding(&self.log_ratios(REFERENCE, YOURS)) == Finding::Slower;
        (is_left && is_behind && self.finding(&reference) == Finding::Faster).then_some(())?;
        Some(NoBetter { figure: self.name.clone(), yours: median(&yours)?.exp(), reference: median(&reference)?.exp() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_only_yours_lacks_in_every_round_is_yours_to_answer_for() {
        let lacks = |rounds: &[[f64; SUBJECTS]]| {
            let metric =
                Metric { name: "pay p50".into(), kind: MetricKind::P50, unit: "ms".into(), rounds: rounds.into() };
            metric.is_missing_only(YOURS)
        };
        const NONE: f64 = f64::NAN;
        assert!(lacks(&[[9.0, NONE, 2.0, 2.0], [NONE, NONE, 2.0, NONE]]));
        assert!(!lacks(&[[9.0, NONE, 2.0, 2.0], [9.0, 3.0, 2.0, 2.0]]), "it has one round");
        assert!(
            !lacks(&[[9.0, NONE, NONE, 2.0], [9.0, NONE, NONE, 2.0]]),
            "the reference lacks it, too: the machine is busy"
        );
    }

    #[test]
    fn a_figure_that_only_the_reference_makes_faster_is_no_better() {
        let no_better = |of: [f64; 3]| {
            let [original, yours, reference] = of;
            let rounds = (0..16).map(|i| 1.0 + 0.01 * f64::from(i % 3));
            let rounds = rounds.map(|busy| [original, yours * busy, reference, reference]).collect();
            Metric { name: "100 orders".into(), kind: MetricKind::Call, unit: "ms".into(), rounds }.no_better()
        };
        let found = no_better([40.0, 40.0, 2.0]).expect("it is as slow as before");
        assert_eq!((found.figure.as_str(), found.reference.round()), ("100 orders", 20.0));
        assert!(no_better([40.0, 80.0, 2.0]).is_some(), "it is slower than before");
        assert!(no_better([40.0, 20.0, 2.0]).is_none(), "it is faster");
        assert!(no_better([40.0, 40.0, 39.0]).is_none(), "the reference is no faster, either");
        assert!(no_better([40.0, 34.0, 33.0]).is_none(), "it is as fast as the reference");
    }

    #[test]
    fn a_figure_that_a_busy_machine_leaves_open_says_nothing() {
        let rounds = (0..16).map(|i| [40.0, if i % 2 == 0 { 20.0 } else { 60.0 }, 2.0, 2.0]).collect();
        let metric = Metric { name: "100 orders".into(), kind: MetricKind::Call, unit: "ms".into(), rounds };
        assert!(metric.no_better().is_none());
        assert!(metric.logs().is_none());
    }

    #[test]
    fn the_book_says_the_margins_that_decide() {
        let page = include_str!("../../../../../book/src/measuring.md").replace('\n', " ");
        let percent = |kind| format!("{:.0}%", 100.0 * margin(kind));
        let services = format!(
            "{} for a median response time, {} for a 99th percentile, {} for CPU time",
            percent(MetricKind::P50),
            percent(MetricKind::P99),
            percent(MetricKind::Cpu)
        );
        assert!(page.contains(&services), "{services}");
        assert!(page.contains(&format!("Up to {:.0}% either way is *same*", 100.0 * super::super::MARGIN)));
    }
}
