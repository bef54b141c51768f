//! The stage that needs a clock: ratios within one run, with intervals; never a time remembered from another day.

pub mod paired;
mod rounds;

use anyhow::Result;
use lab_results::Finding;
use lab_results::verdict::Ratio;

use super::Ended;
use super::stages::Stages;
use crate::terminal::spinner;

pub use paired::{MARGIN, RULE, decide};

/// Timed ratios.
#[derive(Debug, Clone, Default)]
pub struct Timing {
    /// All ratios, as shown.
    pub ratios: Vec<Ratio>,
    /// Medians of `ln(baseline / yours)` and `ln(baseline / reference)`, which the share captured is computed from.
    pub logs: Option<(f64, f64)>,
}

impl Timing {
    /// The ratio that a lab's demand is held against: baseline over yours, at the size that hurts.
    pub fn speed_up(&self) -> Option<&Ratio> {
        let candidates = self.ratios.iter().filter(|ratio| ratio.name == "baseline / yours");
        candidates.max_by_key(|ratio| ratio.size)
    }

    /// True when this run called identical work different: its other findings are worth no more.
    pub fn is_noise_different(&self) -> bool {
        let noise = self.ratios.iter().filter(|ratio| ratio.is_noise());
        noise.into_iter().any(|ratio| matches!(ratio.finding, Finding::Faster | Finding::Slower))
    }
}

/// Times baseline, yours and reference in turns.
pub fn time(stages: &Stages) -> Result<std::result::Result<Timing, Ended>> {
    let bar = spinner("Timing baseline, yours and reference in turns");
    let timing = match &stages.programs.judge {
        Some(judge) => paired::time(stages, judge)?,
        None => rounds::time(stages)?,
    };
    bar.finish_and_clear();
    Ok(timing)
}
