//! Kernel labs: two functions in one process, in pairs; fresh workers until the interval decides or the time is up.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use lab_results::stats::median;
use lab_results::verdict::Ratio;
use lab_results::{Finding, Interval, Record, Rule};

use super::Timing;
use crate::runner::{self, Call};
use crate::verify::Ended;
use crate::verify::stages::{Stages, invalid};

/// Differences up to 2% are the same (measurement.md: 0 of 650 identical pairs beyond it).
pub const MARGIN: f64 = 0.02;
/// 1% over all looks.
pub const RULE: Rule = Rule { alpha: 0.01, looks: &[4, 8, 16, 32], margin: MARGIN };
/// No further worker of one comparison after this long. A quiet machine needs a tenth of it, a busy one may need it to say "same".
const BUDGET: Duration = Duration::from_secs(8);
/// A single worker that takes longer is stuck in the learner's code.
const WORKER_LIMIT: Duration = Duration::from_secs(20);

/// What one comparison came to.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The finding.
    pub finding: Finding,
    /// The interval of the logarithm of the ratio, of the look that decided.
    pub interval: Interval,
    /// Fresh processes used.
    pub workers: usize,
    /// What was read.
    pub clock: String,
    /// Size of the input.
    pub size: u64,
    /// Medians of one sample of each side, in microseconds.
    pub medians_us: [f64; 2],
    /// Share of the samples that were preempted.
    pub preempted: Option<f64>,
}

/// Runs workers of a judge (or of the judge's examination) until `rule` decides or `budget` is spent. `arguments` makes a
/// worker's arguments from its number. The finding is the one under [`MARGIN`], whatever margin ended the looking.
pub fn decide(
    program: &Path,
    rule: &Rule,
    budget: Duration,
    arguments: impl Fn(usize) -> Vec<String>,
) -> Result<std::result::Result<Decided, runner::Ran>> {
    let mut pooled = Pooled::default();
    let started = Instant::now();
    let decided = rule.decide(|worker| {
        if worker >= rule.looks[0] && started.elapsed() >= budget {
            return Ok(None);
        }
        let call = Call { arguments: arguments(worker), limit: WORKER_LIMIT, ..Call::default() };
        let ran = runner::run(program, &call).map_err(Stopped::Broken)?;
        if ran.failure.is_some() {
            return Err(Stopped::Failed(ran));
        }
        pooled.collect(&ran.records).map(Some).map_err(Stopped::Broken)
    });
    let (finding, samples) = match decided {
        Ok(decided) => decided,
        Err(Stopped::Failed(ran)) => return Ok(Err(ran)),
        Err(Stopped::Broken(error)) => return Err(error),
    };
    let log_ratios = samples.concat();
    let Some(interval) = rule.interval(&log_ratios) else { bail!("too few samples for an interval") };
    Ok(Ok(Decided {
        finding: if rule.margin == MARGIN { finding } else { RULE.finding(&samples) },
        interval,
        workers: samples.len(),
        size: pooled.size,
        medians_us: [0, 1].map(|side| median(&pooled.medians_us[side]).unwrap_or(f64::NAN)),
        preempted: pooled.preempted.map(|preempted| preempted as f64 / (2 * log_ratios.len()) as f64),
        clock: pooled.clock,
    }))
}

enum Stopped {
    /// The program under test failed.
    Failed(runner::Ran),
    /// We did.
    Broken(anyhow::Error),
}

/// What the workers of one comparison say besides their ratios.
#[derive(Default)]
struct Pooled {
    clock: String,
    size: u64,
    medians_us: [Vec<f64>; 2],
    preempted: Option<u64>,
}

impl Pooled {
    fn collect(&mut self, records: &[Record]) -> Result<Vec<f64>> {
        for record in records {
            if let Record::Pairs { log_ratios, clock, size, medians_us, preempted, .. } = record {
                (self.clock, self.size) = (clock.clone(), *size);
                for (all, median) in self.medians_us.iter_mut().zip(medians_us) {
                    all.push(*median);
                }
                self.preempted = preempted.map(|preempted| self.preempted.unwrap_or(0) + preempted);
                return Ok(log_ratios.clone());
            }
        }
        bail!("a worker of the judge printed no pairs")
    }
}

impl Decided {
    /// As a verdict's document has it.
    pub fn into_ratio(self, name: &str) -> Ratio {
        Ratio {
            name: name.into(),
            ratio: self.interval.exp(),
            finding: self.finding,
            clock: self.clock,
            size: Some(self.size),
            unit: "us".into(),
            medians: self.medians_us,
            workers: self.workers,
            preempted: self.preempted,
        }
    }
}

/// The comparisons of a kernel lab, as the judge names them (see `lab_harness::judge`).
pub fn time(stages: &Stages, judge: &Path) -> Result<std::result::Result<Timing, Ended>> {
    // The demanded speed-up is looked for until the interval lies on one side of it.
    let demand = Rule { margin: stages.arena.lab.meta.faster.map_or(MARGIN, |faster| faster - 1.0), ..RULE };
    let mut timing = Timing::default();
    let mut logs = [None; 2];
    for (verb, name, rule) in [
        ("large", "baseline / yours", &demand),
        ("goal", "baseline / reference", &demand),
        ("small", "baseline / yours", &RULE),
        ("paired", "reference / yours", &RULE),
        ("noise", "reference / reference", &RULE),
    ] {
        let arguments = |worker: usize| vec![verb.into(), stages.seed.to_string(), worker.to_string()];
        let decided = match decide(judge, rule, BUDGET, arguments)? {
            Ok(decided) => decided,
            Err(ran) => return Ok(Err(invalid(&ran))),
        };
        match verb {
            "large" => logs[0] = Some(decided.interval.median),
            "goal" => logs[1] = Some(decided.interval.median),
            _ => {}
        }
        timing.ratios.push(decided.into_ratio(name));
    }
    timing.logs = logs[0].zip(logs[1]);
    Ok(Ok(timing))
}
