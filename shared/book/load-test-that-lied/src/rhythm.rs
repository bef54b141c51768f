//! When the service stands still. No clock in here.

use std::time::Duration;

use anyhow::{Result, ensure};

/// A period, the first part of which is a stall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    period: Duration,
    stall: Duration,
}

impl Rhythm {
    /// The rhythm that the book's page computes with: 2 s in every 10 s.
    pub const BOOK: Rhythm = Rhythm { period: Duration::from_secs(10), stall: Duration::from_secs(2) };

    /// Another one, for tests that cannot wait for ten seconds.
    ///
    /// # Errors
    /// The stall is not shorter than the period.
    pub fn new(period: Duration, stall: Duration) -> Result<Rhythm> {
        ensure!(stall < period, "a stall of {stall:?} in a period of {period:?} never ends; make the stall shorter");
        Ok(Rhythm { period, stall })
    }

    /// How far into the current period the service is, after it has served for `since_start`.
    pub fn phase(self, since_start: Duration) -> Duration {
        let nanos = since_start.as_nanos() % self.period.as_nanos();
        Duration::new((nanos / 1_000_000_000) as u64, (nanos % 1_000_000_000) as u32)
    }

    /// When a request that comes after `since_start` is answered, on the same clock: at once, or as soon as the stall is over.
    pub fn answered(self, since_start: Duration) -> Duration {
        let phase = self.phase(since_start);
        since_start + self.stall.saturating_sub(phase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn waits(since_start: Duration) -> Duration {
        Rhythm::BOOK.answered(since_start) - since_start
    }

    #[test]
    fn who_comes_in_a_stall_waits_for_its_end_and_nobody_else_waits() {
        for period in [0, 1, 7, 1_000_000] {
            let start = ms(10_000 * period);
            for (phase, wait) in [(0, 2_000), (1, 1_999), (1_999, 1), (2_000, 0), (2_001, 0), (9_999, 0)] {
                assert_eq!(waits(start + ms(phase)), ms(wait), "period {period}, {phase} ms into it");
            }
        }
        assert_eq!(waits(Duration::from_nanos(1_999_999_999)), Duration::from_nanos(1));
    }

    #[test]
    fn the_phase_starts_again_with_every_period() {
        assert_eq!(Rhythm::BOOK.phase(ms(0)), ms(0));
        assert_eq!(Rhythm::BOOK.phase(ms(9_999)), ms(9_999));
        assert_eq!(Rhythm::BOOK.phase(ms(10_000)), ms(0));
        assert_eq!(Rhythm::BOOK.phase(ms(123_456)), ms(3_456));
    }

    #[test]
    fn a_constant_rate_sees_the_percentiles_of_the_book() {
        // 100 a second over three whole periods, in the middle of their hundredths.
        let mut waits_ms: Vec<u128> = (0..3_000).map(|n| waits(ms(10 * n + 5)).as_millis()).collect();
        waits_ms.sort_unstable();
        let percentile = |share: f64| waits_ms[(share * 3_000.0) as usize];
        for (share, expected_ms) in [(0.79, 0), (0.90, 1_000), (0.95, 1_500), (0.99, 1_900)] {
            assert!(percentile(share).abs_diff(expected_ms) <= 10, "{share}: {} ms", percentile(share));
        }
    }

    #[test]
    fn a_stall_without_end_is_refused() {
        assert!(Rhythm::new(ms(400), ms(400)).is_err());
        assert!(Rhythm::new(ms(0), ms(0)).is_err());
        let quick = Rhythm::new(ms(2_000), ms(400)).unwrap();
        assert_eq!(quick.answered(ms(4_100)), ms(4_400));
    }
}
