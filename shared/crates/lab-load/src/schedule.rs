//! When requests are meant to leave: fixed before the run, so that nothing the service does can put them off.

use crate::LoadError;
use orderflow::random::SplitMix64;
use std::time::Duration;

/// The highest rate a schedule accepts. Two orders of magnitude above what one generator process can drive: a rate beyond
/// it is a mistake in the units.
pub const MAX_RATE_PER_S: f64 = 1e6;

/// A law of arrivals. Equal schedules give equal offsets, on every machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    rate_per_s: f64,
    law: Law,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Law {
    Constant,
    Poisson { seed: u64 },
}

impl Schedule {
    /// Evenly spaced arrivals, the first one at 0.
    ///
    /// # Errors
    /// [`LoadError::Rate`] unless the rate is above 0 and at most [`MAX_RATE_PER_S`].
    pub fn constant(rate_per_s: f64) -> Result<Self, LoadError> {
        Self::new(rate_per_s, Law::Constant)
    }

    /// Independent arrivals, as those of many customers who know nothing of each other: exponential gaps with the mean
    /// `1 / rate_per_s`. This is the arrival process that Erlang's formulas assume.
    ///
    /// # Errors
    /// [`LoadError::Rate`] unless the rate is above 0 and at most [`MAX_RATE_PER_S`].
    pub fn poisson(rate_per_s: f64, seed: u64) -> Result<Self, LoadError> {
        Self::new(rate_per_s, Law::Poisson { seed })
    }

    fn new(rate_per_s: f64, law: Law) -> Result<Self, LoadError> {
        // Written so that NaN is refused too.
        if rate_per_s > 0.0 && rate_per_s <= MAX_RATE_PER_S {
            Ok(Self { rate_per_s, law })
        } else {
            Err(LoadError::Rate(rate_per_s))
        }
    }

    /// The arrivals of the half-open window `[0, window)`, ascending, as offsets from the start of the run.
    pub fn offsets(&self, window: Duration) -> Offsets {
        let gaps = match self.law {
            Law::Constant => Gaps::Constant { sent: 0 },
            Law::Poisson { seed } => Gaps::Poisson { random: SplitMix64::new(seed), at_s: 0.0 },
        };
        Offsets { rate_per_s: self.rate_per_s, window, gaps }
    }
}

/// The arrivals of one window; see [`Schedule::offsets`].
#[derive(Debug, Clone)]
pub struct Offsets {
    rate_per_s: f64,
    window: Duration,
    gaps: Gaps,
}

#[derive(Debug, Clone)]
enum Gaps {
    Constant { sent: u64 },
    Poisson { random: SplitMix64, at_s: f64 },
}

impl Iterator for Offsets {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let at_s = match &mut self.gaps {
            // Each offset is computed from its number, not from the one before it: rounding errors do not add up.
            Gaps::Constant { sent } => {
                let at_s = *sent as f64 / self.rate_per_s;
                *sent += 1;
                at_s
            }
            Gaps::Poisson { random, at_s } => {
                *at_s += random.exponential(1.0 / self.rate_per_s);
                *at_s
            }
        };
        // An offset too large for a duration lies beyond any window.
        let at = Duration::try_from_secs_f64(at_s).ok()?;
        (at < self.window).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn offsets(schedule: Result<Schedule, LoadError>, window: Duration) -> Vec<Duration> {
        schedule.unwrap().offsets(window).collect()
    }

    #[test]
    fn a_constant_rate_is_exact_and_does_not_drift() {
        let at = offsets(Schedule::constant(100.0), Duration::from_secs(10));
        assert_eq!(at.len(), 1000);
        assert!(at.iter().zip(0..).all(|(at, n)| *at == Duration::from_millis(10 * n)));

        // A rate whose gap is not a whole number of nanoseconds: a day later the arrivals still fall on the full seconds.
        let day = Schedule::constant(3.0).unwrap().offsets(Duration::from_secs(86_400));
        let last_full_second = day.step_by(3).last();
        assert_eq!(last_full_second, Some(Duration::from_secs(86_399)));
    }

    #[test]
    fn the_window_is_half_open() {
        assert_eq!(offsets(Schedule::constant(10.0), Duration::from_millis(300)).len(), 3);
        assert_eq!(offsets(Schedule::constant(10.0), Duration::ZERO), []);
        assert_eq!(offsets(Schedule::constant(0.1), MINUTE).len(), 6);
    }

    #[test]
    fn poisson_repeats_with_its_seed_and_only_with_it() {
        let of_seed = |seed| offsets(Schedule::poisson(200.0, seed), MINUTE);
        assert_eq!(of_seed(1), of_seed(1));
        assert_ne!(of_seed(1), of_seed(2));
    }

    #[test]
    fn poisson_has_its_mean_and_its_spread() {
        let at = offsets(Schedule::poisson(1000.0, 42), MINUTE);
        assert!(at.is_sorted());
        // The count has the mean 60,000 and the standard deviation sqrt(60,000) = 245; four of them are allowed.
        assert!(at.len().abs_diff(60_000) < 980, "{} arrivals", at.len());

        // Gaps of an exponential law vary as much as they measure: a mean and a standard deviation of 1 ms.
        let gaps_ms: Vec<f64> = at.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64() * 1e3).collect();
        let mean = gaps_ms.iter().sum::<f64>() / gaps_ms.len() as f64;
        let variance = gaps_ms.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps_ms.len() as f64;
        assert!((mean - 1.0).abs() < 0.02, "mean {mean}");
        assert!((variance.sqrt() - 1.0).abs() < 0.03, "standard deviation {}", variance.sqrt());
    }

    #[test]
    fn what_is_not_a_rate_is_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e7] {
            assert!(matches!(Schedule::constant(rate), Err(LoadError::Rate(_))), "{rate}");
            assert!(matches!(Schedule::poisson(rate, 1), Err(LoadError::Rate(_))), "{rate}");
        }
    }
}
