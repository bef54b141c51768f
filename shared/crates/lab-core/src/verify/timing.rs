//! The stage that needs a clock: ratios within one run, with intervals; never a time remembered from another day.

pub mod paired;
mod rounds;

use anyhow::Result;
use lab_results::Finding;
use lab_results::decision::{NoBetter, Times};
use lab_results::verdict::{Ratio, demanded};

use super::Ended;
use super::stages::Stages;
use crate::terminal::spinner;

pub use paired::{MARGIN, RULE, decide};

/// Timed ratios.
#[derive(Debug, Clone, Default)]
pub struct Timing {
    /// All ratios, as shown.
    pub ratios: Vec<Ratio>,
    /// Medians of `ln(original / yours)` and `ln(original / reference)`, which the share captured is computed from. Nothing where one of
    /// the two is inconclusive.
    pub logs: Option<(f64, f64)>,
    /// The first figure that the reference makes faster, and yours does not.
    pub no_better: Option<NoBetter>,
}

impl Timing {
    /// What decides of it, where a lab demands `at_least`.
    pub fn decisive(&self, at_least: Option<f64>) -> Times {
        let [cpu, wall] = demanded(&self.ratios);
        let mut noise = self.ratios.iter().filter(|ratio| ratio.is_noise());
        Times {
            at_least,
            speed_up: cpu.map(|ratio| ratio.ratio),
            by_wall: wall.map(|ratio| ratio.ratio),
            no_better: self.no_better.clone(),
            is_noise_different: noise.any(|ratio| matches!(ratio.finding, Finding::Faster | Finding::Slower)),
        }
    }
}

/// Times original, yours and reference in turns.
pub fn time(stages: &Stages) -> Result<std::result::Result<Timing, Ended>> {
    let bar = spinner("Timing original, yours and reference in turns");
    let timing = match &stages.programs.judge {
        Some(judge) => paired::time(stages, judge)?,
        None if !stages.lab.meta.kind.is_timed() => Ok(Timing::default()),
        None => rounds::time(stages)?,
    };
    bar.finish_and_clear();
    Ok(timing)
}
