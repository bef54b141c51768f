//! Kernel labs: two functions in one process, in pairs; fresh workers until the interval decides or the time is up.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use lab_results::stats::median;
use lab_results::verdict::Ratio;
use lab_results::{Finding, Interval, Record, Rule, WallPairs};

use super::Timing;
use crate::runner::{self, Call};
use crate::verify::Ended;
use crate::verify::stages::Stages;

/// Differences up to 2% are the same (the book: measuring-examined.md, with how often identical copies are beyond it).
pub const MARGIN: f64 = 0.02;
/// 1% over all looks.
pub const RULE: Rule = Rule { alpha: 0.01, looks: &[4, 8, 16, 32], margin: MARGIN };
/// No further worker of one comparison after this long. A quiet machine needs a tenth of it, a busy one may need it to say "same".
const BUDGET: Duration = Duration::from_secs(8);
/// A single worker that takes more CPU time is stuck in the learner's code.
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
    /// What the size counts.
    pub size_unit: String,
    /// Medians of one call of each side, in microseconds.
    pub medians_us: [f64; 2],
    /// Share of the samples that were preempted.
    pub preempted: Option<f64>,
    /// What the same samples are by the wall, where another clock was read.
    pub wall: Option<ByWall>,
}

/// What a comparison by CPU time is by the wall.
#[derive(Debug, Clone)]
pub struct ByWall {
    /// As [`Decided::finding`].
    pub finding: Finding,
    /// As [`Decided::interval`].
    pub interval: Interval,
    /// As [`Decided::medians_us`].
    pub medians_us: [f64; 2],
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
        let call = Call { arguments: arguments(worker), ..Call::default() }.within_cpu_time(WORKER_LIMIT);
        let ran = runner::run(program, &call).map_err(Stopped::Broken)?;
        if ran.failure.is_some() || !matches!(ran.records.as_slice(), [Record::Pairs { .. }]) {
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
    let median_of = |medians_us: &[f64]| median(medians_us).unwrap_or(f64::NAN);
    let wall = rule.interval(&pooled.wall.concat()).map(|interval| ByWall {
        finding: RULE.finding(&pooled.wall),
        interval,
        medians_us: [0, 1].map(|side| median_of(&pooled.wall_medians_us[side])),
    });
    Ok(Ok(Decided {
        finding: if rule.margin == MARGIN { finding } else { RULE.finding(&samples) },
        interval,
        workers: samples.len(),
        size: pooled.size,
        size_unit: pooled.size_unit,
        medians_us: [0, 1].map(|side| median_of(&pooled.medians_us[side])),
        preempted: pooled.preempted.map(|preempted| preempted as f64 / (2 * log_ratios.len()) as f64),
        clock: pooled.clock,
        wall,
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
    size_unit: String,
    medians_us: [Vec<f64>; 2],
    preempted: Option<u64>,
    /// Of each worker, where it read another clock too.
    wall: Vec<Vec<f64>>,
    wall_medians_us: [Vec<f64>; 2],
}

impl Pooled {
    fn collect(&mut self, records: &[Record]) -> Result<Vec<f64>> {
        let [Record::Pairs { log_ratios, clock, size, size_unit, medians_us, preempted, wall, .. }] = records else {
            bail!("a worker of the judge printed {} records, and not its pairs alone", records.len())
        };
        (self.clock, self.size, self.size_unit) = (clock.clone(), *size, size_unit.clone());
        for (all, median) in self.medians_us.iter_mut().zip(medians_us) {
            all.push(*median);
        }
        if let Some(WallPairs { log_ratios, medians_us }) = wall {
            self.wall.push(log_ratios.clone());
            for (all, median) in self.wall_medians_us.iter_mut().zip(medians_us) {
                all.push(*median);
            }
        }
        self.preempted = preempted.map(|preempted| self.preempted.unwrap_or(0) + preempted);
        Ok(log_ratios.clone())
    }
}

impl Decided {
    /// The same samples by the wall, where another clock decided.
    fn by_wall(&self) -> Option<Decided> {
        let ByWall { finding, interval, medians_us } = self.wall.clone()?;
        Some(Decided { finding, interval, medians_us, clock: "wall".into(), wall: None, ..self.clone() })
    }

    /// The logarithm of the ratio, where it was told.
    fn log(&self) -> Option<f64> {
        (self.finding != Finding::Inconclusive).then_some(self.interval.median)
    }

    /// As a verdict's document has it.
    pub fn into_ratio(self, name: &str) -> Ratio {
        Ratio {
            name: name.into(),
            ratio: self.interval.exp(),
            finding: self.finding,
            margin: Some(MARGIN),
            clock: self.clock,
            size: Some(self.size),
            size_unit: self.size_unit,
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
    let demand = Rule { margin: stages.lab.meta.faster.map_or(MARGIN, |faster| faster - 1.0), ..RULE };
    let mut timing = Timing::default();
    let (mut logs, mut by_wall) = ([None; 2], None);
    for (verb, name, rule) in [
        ("large", "original / yours", &demand),
        ("goal", "original / reference", &demand),
        ("small", "original / yours", &RULE),
        ("paired", "reference / yours", &RULE),
        ("noise", "reference / reference", &RULE),
    ] {
        let arguments = |worker: usize| vec![verb.into(), stages.seed.to_string(), worker.to_string()];
        let decided = match decide(judge, rule, BUDGET, arguments)? {
            Ok(decided) => decided,
            // In the other comparisons no code of the learner's runs.
            Err(ran) if matches!(verb, "large" | "small" | "paired") => return Ok(Err(stages.invalid(&ran))),
            Err(ran) => bail!("the judge's worker for {name} failed: {}", ran.failure.unwrap_or_default()),
        };
        match verb {
            "large" => {
                logs[0] = decided.log();
                by_wall = decided.by_wall();
            }
            "goal" => logs[1] = decided.log(),
            _ => {}
        }
        timing.ratios.push(decided.into_ratio(name));
        timing.ratios.extend(by_wall.take().map(|decided| decided.into_ratio(name)));
    }
    timing.logs = logs[0].zip(logs[1]);
    Ok(Ok(timing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(clock: &str, size: u64, [low, high]: [f64; 2]) -> Ratio {
        Ratio {
            name: "original / yours".into(),
            ratio: Interval { median: f64::midpoint(low, high), low, high, samples: 24 },
            finding: Finding::Inconclusive,
            margin: Some(MARGIN),
            clock: clock.into(),
            size: Some(size),
            size_unit: "orders".into(),
            unit: "us".into(),
            medians: [1.0, 1.0],
            workers: 4,
            preempted: None,
        }
    }

    #[test]
    fn the_demand_is_held_against_cpu_time_and_the_wall_stands_beside_it() {
        let ratios = vec![ratio("process CPU", 1_000, [9.0, 11.0]), ratio("wall", 1_000, [0.4, 0.6])];
        let timing = Timing { ratios, ..Timing::default() };
        let times = timing.decisive(Some(2.0));
        assert_eq!((times.speed_up.map(|x| x.low), times.by_wall.map(|x| x.low)), (Some(9.0), Some(0.4)));
    }
}
