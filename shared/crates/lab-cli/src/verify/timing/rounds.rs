//! Labs whose subjects are whole programs: each in turn under the same schedule, several short rounds.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use lab_results::stats::median;
use lab_results::verdict::Ratio;
use lab_results::{Finding, Interval, Record};

use super::Timing;
use crate::verify::Ended;
use crate::verify::stages::{Stages, invalid};

/// Rounds of a service or a database lab: each runs baseline, yours and reference.
const ROUNDS: usize = 3;

/// Metrics of one round by name: baseline's, yours', reference's, and the unit.
type Rounds = BTreeMap<String, (Vec<[f64; 3]>, String)>;

/// Whole programs in turns under the same schedule. So few rounds give an interval of their range; it is shown, and decides nothing.
pub fn time(stages: &Stages) -> Result<std::result::Result<Timing, Ended>> {
    let programs = [&stages.programs.baseline, &stages.programs.yours, &stages.programs.reference];
    let mut metrics: Rounds = BTreeMap::new();
    for round in 0..ROUNDS {
        let mut found: BTreeMap<String, ([f64; 3], String)> = BTreeMap::new();
        for turn in 0..3 {
            let subject = (turn + round) % 3;
            let ran = stages.run(programs[subject], "measure", stages.seed + round as u64)?;
            if ran.failure.is_some() {
                return Ok(Err(invalid(&ran)));
            }
            for record in ran.records {
                if let Record::Metric { name, unit, value } = record {
                    found.entry(name).or_insert(([f64::NAN; 3], unit)).0[subject] = value;
                }
            }
        }
        for (name, (values, unit)) in found {
            metrics.entry(name).or_insert((Vec::new(), unit)).0.push(values);
        }
    }
    let mut timing = Timing::default();
    for (name, (values, unit)) in &metrics {
        let logs = |subject: usize| values.iter().map(|v| (v[0] / v[subject]).ln()).collect::<Vec<_>>();
        let (yours, reference) = (logs(1), logs(2));
        let middle =
            |subject: usize| median(&values.iter().map(|v| v[subject]).collect::<Vec<_>>()).unwrap_or(f64::NAN);
        timing.ratios.push(Ratio {
            name: format!("{name}: baseline / yours"),
            ratio: range(&yours).context("a metric has values")?.exp(),
            finding: Finding::Inconclusive,
            clock: "wall".into(),
            size: None,
            unit: unit.clone(),
            medians: [middle(0), middle(1)],
            workers: ROUNDS,
            preempted: None,
        });
        if timing.logs.is_none() {
            timing.logs = median(&yours).zip(median(&reference));
        }
    }
    Ok(Ok(timing))
}

fn range(logs: &[f64]) -> Option<Interval> {
    let low = logs.iter().copied().fold(f64::INFINITY, f64::min);
    let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    median(logs).map(|median| Interval { median, low, high, samples: logs.len() })
}
