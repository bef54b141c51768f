//! The stage that needs a clock: ratios within one run, with intervals; never a time remembered from another day.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lab_results::gate::figure;
use lab_results::stats::{median, median_interval};
use lab_results::verdict::Ratio;
use lab_results::{Interval, Record};

use super::Ended;
use super::stages::{Stages, invalid};
use crate::runner::{self, Call};
use crate::terminal::spinner;

/// Error rate of all looks together.
const ALPHA: f64 = 0.01;
/// Numbers of workers after which the judge looks at the pairs; alpha is split over them.
const LOOKS: [usize; 3] = [3, 6, 9];
/// The judge stops adding workers after this long.
const BUDGET: Duration = Duration::from_secs(8);
/// A ratio whose interval is narrower than this (in logarithms) needs no further worker.
const TIGHT: f64 = 0.04;
/// Rounds of a service or a database lab: each runs baseline, yours and reference.
const ROUNDS: usize = 3;

/// Timed ratios.
#[derive(Debug, Clone, Default)]
pub struct Timing {
    /// All ratios, as shown.
    pub ratios: Vec<Ratio>,
    /// `ln(baseline / yours)` and `ln(baseline / reference)`.
    logs: Option<(f64, f64)>,
    speed_up: Option<Interval>,
}

impl Timing {
    /// Medians of `ln(baseline / yours)` and `ln(baseline / reference)`.
    pub fn logs(&self) -> Option<(f64, f64)> {
        self.logs
    }

    /// The interval of baseline over yours.
    pub fn speed_up(&self) -> Option<Interval> {
        self.speed_up
    }
}

/// Times baseline, yours and reference in turns.
pub fn time(stages: &Stages) -> Result<std::result::Result<Timing, Ended>> {
    let bar = spinner("Timing baseline, yours and reference in turns");
    let timing = match &stages.programs.judge {
        Some(judge) => paired(stages, judge)?,
        None => rounds(stages)?,
    };
    bar.finish_and_clear();
    Ok(timing)
}

#[derive(Default)]
struct Pooled {
    log_ratios: Vec<f64>,
    clock: String,
    size: u64,
    samples_us: Vec<f64>,
    preempted: u64,
}

/// Fresh workers of the judge until the intervals are tight or the budget is spent.
fn paired(stages: &Stages, judge: &std::path::Path) -> Result<std::result::Result<Timing, Ended>> {
    let started = Instant::now();
    let mut pooled: BTreeMap<String, Pooled> = BTreeMap::new();
    let mut workers = 0;
    for look in LOOKS {
        while workers < look && (workers < LOOKS[0] || started.elapsed() < BUDGET) {
            let arguments = vec![stages.seed.to_string(), workers.to_string()];
            let call = Call { arguments, limit: Duration::from_secs(20), ..Call::default() };
            let ran = runner::run(judge, &call)?;
            if ran.failure.is_some() {
                return Ok(Err(invalid(&ran)));
            }
            collect(&mut pooled, ran.records);
            workers += 1;
        }
        let is_tight = pooled.values().all(|pool| {
            interval(pool, ALPHA / LOOKS.len() as f64).is_some_and(|interval| interval.high - interval.low < TIGHT)
        });
        if is_tight || started.elapsed() >= BUDGET {
            break;
        }
    }
    let mut timing = Timing::default();
    for (name, pool) in &pooled {
        let Some(log_ratio) = interval(pool, ALPHA / LOOKS.len() as f64) else { continue };
        let us = median(&pool.samples_us).unwrap_or(f64::NAN);
        let preempted = if pool.preempted > 0 { format!(", {} preempted", pool.preempted) } else { String::new() };
        timing.ratios.push(Ratio {
            name: name.clone(),
            ratio: log_ratio.exp(),
            clock: pool.clock.clone(),
            samples: format!("{} us a sample at size {}{preempted}", figure(us), pool.size),
        });
    }
    let log = |name: &str| pooled.get(name).and_then(|pool| median(&pool.log_ratios));
    timing.logs = log("baseline / yours").zip(log("baseline / reference"));
    timing.speed_up = timing.ratios.iter().find(|ratio| ratio.name == "baseline / yours").map(|ratio| ratio.ratio);
    Ok(Ok(timing))
}

fn collect(pooled: &mut BTreeMap<String, Pooled>, records: Vec<Record>) {
    for record in records {
        if let Record::Pairs { name, log_ratios, clock, size, sample_us, preempted } = record {
            let pool = pooled.entry(name).or_default();
            pool.log_ratios.extend(log_ratios);
            (pool.clock, pool.size) = (clock, size);
            pool.samples_us.push(sample_us);
            pool.preempted += preempted;
        }
    }
}

fn interval(pool: &Pooled, alpha: f64) -> Option<Interval> {
    median_interval(&pool.log_ratios, alpha)
}

/// Metrics of one round by name: baseline's, yours', reference's, and the unit.
type Rounds = BTreeMap<String, (Vec<[f64; 3]>, String)>;

/// Whole programs in turns under the same schedule. So few rounds give an interval of their range; it is shown, and decides nothing.
fn rounds(stages: &Stages) -> Result<std::result::Result<Timing, Ended>> {
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
            |subject: usize| figure(median(&values.iter().map(|v| v[subject]).collect::<Vec<_>>()).unwrap_or(f64::NAN));
        timing.ratios.push(Ratio {
            name: format!("{name}: baseline / yours"),
            ratio: range(&yours).context("a metric has values")?.exp(),
            clock: "wall, range of the rounds".into(),
            samples: format!("{} / {} {unit} (reference {} {unit})", middle(0), middle(1), middle(2)),
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
