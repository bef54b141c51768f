//! Where a search may go, and when it has to end.

use crate::MAX_RATE_PER_S;

/// Repeats on each side of the edge: odd, so that there is a majority.
pub(super) const REPEATS: usize = 3;

/// Bounds of a search; valid by construction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub(super) start_per_s: f64,
    pub(super) max_per_s: f64,
    pub(super) factor: f64,
    pub(super) resolution: f64,
    pub(super) max_steps: usize,
}

/// Bounds that no search can keep to.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum BadLimits {
    /// The rates.
    #[error(
        "a search cannot go from {start_per_s}/s to {max_per_s}/s: the start rate has to be above 0 and at most the maximum rate, \
         and this at most {MAX_RATE_PER_S}/s"
    )]
    Rates {
        /// The start rate.
        start_per_s: f64,
        /// The maximum rate.
        max_per_s: f64,
    },
    /// The ramp's factor.
    #[error("a ramp cannot grow by the factor {0}: choose one from 1.05 to 10, such as 1.5")]
    Factor(f64),
    /// The bracket's width.
    #[error("a knee cannot be found to a share of {0}: choose one from 0.01 (1 %) to 1, such as 0.05")]
    Resolution(f64),
    /// The number of steps.
    #[error("{0} steps are too few for a search: allow at least {min}, such as 60", min = Limits::MIN_STEPS)]
    Steps(usize),
}

impl Limits {
    /// Fewest steps that make sense: one kept, one broken, and their repeats.
    pub const MIN_STEPS: usize = 2 + 2 * REPEATS;

    /// From a start rate up to a maximum rate by the factor 1.5, to 5 %, in at most 60 steps.
    ///
    /// # Errors
    /// [`BadLimits::Rates`] unless 0 < start ≤ maximum ≤ [`MAX_RATE_PER_S`].
    pub fn new(start_per_s: f64, max_per_s: f64) -> Result<Self, BadLimits> {
        // Written so that NaN is refused too.
        if start_per_s > 0.0 && start_per_s <= max_per_s && max_per_s <= MAX_RATE_PER_S {
            Ok(Self { start_per_s, max_per_s, factor: 1.5, resolution: 0.05, max_steps: 60 })
        } else {
            Err(BadLimits::Rates { start_per_s, max_per_s })
        }
    }

    /// With another factor between two steps of the ramp.
    ///
    /// # Errors
    /// [`BadLimits::Factor`] unless it is from 1.05 to 10.
    pub fn with_factor(self, factor: f64) -> Result<Self, BadLimits> {
        if (1.05..=10.0).contains(&factor) { Ok(Self { factor, ..self }) } else { Err(BadLimits::Factor(factor)) }
    }

    /// With another width of the bracket: 0.05 ends at a kept and a broken rate that are at most 5 % apart.
    ///
    /// # Errors
    /// [`BadLimits::Resolution`] unless it is from 0.01 to 1.
    pub fn with_resolution(self, resolution: f64) -> Result<Self, BadLimits> {
        if (0.01..=1.0).contains(&resolution) {
            Ok(Self { resolution, ..self })
        } else {
            Err(BadLimits::Resolution(resolution))
        }
    }

    /// With another bound on the number of steps, retried ones included.
    ///
    /// # Errors
    /// [`BadLimits::Steps`] below [`Limits::MIN_STEPS`].
    pub fn with_max_steps(self, max_steps: usize) -> Result<Self, BadLimits> {
        if max_steps >= Self::MIN_STEPS { Ok(Self { max_steps, ..self }) } else { Err(BadLimits::Steps(max_steps)) }
    }
}
