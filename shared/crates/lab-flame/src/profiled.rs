//! A profile, and how it was taken.

use std::time::Duration;

use crate::stacks::Stacks;

/// How samples of the CPU were taken.
#[derive(Debug, Clone)]
pub struct Sampling {
    /// By what, in words.
    pub sampler: String,
    /// Samples for each second of CPU time.
    pub hertz: u32,
    /// How long it went on.
    pub duration: Duration,
}

/// A profile, and what was done while it was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Profiled {
    /// Whose it is, such as `original`.
    pub name: String,
    /// The sampled stacks.
    pub stacks: Stacks,
    /// CPU time of the process meanwhile, in milliseconds.
    pub cpu_ms: f64,
    /// Calls or requests worked off meanwhile; 0 where nobody counted.
    pub work: u64,
}

impl Profiled {
    /// CPU time for one call or request, in milliseconds, if both profiles know it.
    pub(crate) fn cpu_ms_per_unit(both: [&Profiled; 2]) -> Option<[f64; 2]> {
        let per_unit = both.map(|profiled| profiled.cpu_ms / profiled.work as f64);
        per_unit.iter().all(|ms| ms.is_finite() && *ms > 0.0).then_some(per_unit)
    }
}
