//! When requests are meant to leave: fixed before the run, so that nothing the service does can put them off.

use crate::LoadError;
use orderflow::random::SplitMix64;
use std::time::Duration;

/// The highest rate a schedule accepts. Two orders of magnitude above what one generator process can drive: a rate beyond
/// it is a mistake in the units.
pub const MAX_RATE_PER_S: f64 = 1e6;

/// A law of arrivals: a rate over time, evenly spaced or random, one by one or in batches. Equal schedules give equal offsets,
/// on every machine.
///
/// The arrivals follow from the cumulative rate L(t), the integral of the rate from 0 to t: number n (from 0) is due when L(t) = n.
/// At random, n is replaced by a sum of exponential gaps with mean 1, which is a Poisson process with that rate (time change
/// of a unit-rate process; Cinlar, Introduction to Stochastic Processes, 1975, chapter 4).
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    segments: Vec<Segment>,
    seed: Option<u64>,
    batch: usize,
}

/// A stretch of time over which the rate changes evenly.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Segment {
    from_per_s: f64,
    to_per_s: f64,
    length: Duration,
}

impl Schedule {
    /// The same rate over the half-open window `[0, window)`, the first arrival at 0.
    ///
    /// # Errors
    /// [`LoadError::Rate`] unless the rate is above 0 and at most [`MAX_RATE_PER_S`].
    pub fn constant(rate_per_s: f64, window: Duration) -> Result<Self, LoadError> {
        if rate_per_s > 0.0 { Self::ramp(rate_per_s, rate_per_s, window) } else { Err(LoadError::Rate(rate_per_s)) }
    }

    /// A rate that changes evenly from one to another; either may be 0.
    ///
    /// # Errors
    /// [`LoadError::Rate`] unless both rates are at least 0 and at most [`MAX_RATE_PER_S`].
    pub fn ramp(from_per_s: f64, to_per_s: f64, window: Duration) -> Result<Self, LoadError> {
        for rate in [from_per_s, to_per_s] {
            // NaN is in no range.
            if !(0.0..=MAX_RATE_PER_S).contains(&rate) {
                return Err(LoadError::Rate(rate));
            }
        }
        Ok(Self { segments: vec![Segment { from_per_s, to_per_s, length: window }], seed: None, batch: 1 })
    }

    /// One rate after the other, each for its time; 0 is a pause.
    ///
    /// # Errors
    /// As for [`Schedule::ramp`].
    pub fn steps(steps: impl IntoIterator<Item = (f64, Duration)>) -> Result<Self, LoadError> {
        let mut schedule = Self { segments: Vec::new(), seed: None, batch: 1 };
        for (rate, length) in steps {
            schedule = schedule.then(&Self::ramp(rate, rate, length)?);
        }
        Ok(schedule)
    }

    /// This rate over time, and then the other one's. Whether arrivals are random or come in batches is decided by this schedule.
    #[must_use]
    pub fn then(mut self, next: &Self) -> Self {
        self.segments.extend(&next.segments);
        self
    }

    /// Independent arrivals at the same rate over time, as those of many customers who know nothing of each other: a Poisson process.
    /// This is what Erlang's formulas assume.
    #[must_use]
    pub fn at_random(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// As many arrivals at once, each time that the schedule says: a push message goes out, and people tap on it. The rate counts
    /// batches.
    #[must_use]
    pub fn in_batches_of(self, arrivals: usize) -> Self {
        Self { batch: arrivals, ..self }
    }

    /// How long arrivals come.
    pub fn window(&self) -> Duration {
        self.segments.iter().map(|segment| segment.length).sum()
    }

    /// How many arrivals are expected; evenly spaced ones are exactly as many, rounded up.
    pub fn expected(&self) -> f64 {
        self.segments.iter().map(Segment::arrivals).sum::<f64>() * self.batch as f64
    }

    /// The highest rate of arrivals per second.
    pub fn peak_per_s(&self) -> f64 {
        let peaks = self.segments.iter().map(|segment| segment.from_per_s.max(segment.to_per_s));
        peaks.fold(0.0, f64::max) * self.batch as f64
    }

    /// The arrivals, ascending, as offsets from the start of the run.
    pub fn offsets(&self) -> Offsets {
        let segment = self.segments.first().copied();
        Offsets {
            window: self.window(),
            later: self.segments.iter().skip(1).copied().collect::<Vec<_>>().into_iter(),
            segment,
            begun: Duration::ZERO,
            begun_at: 0.0,
            count: match self.seed {
                None => Count::Even(0),
                Some(seed) => Count::random(seed),
            },
            batch: self.batch,
            left_of_batch: 0,
            at: Duration::ZERO,
        }
    }
}

impl Segment {
    fn arrivals(&self) -> f64 {
        (self.from_per_s + self.to_per_s) / 2.0 * self.length.as_secs_f64()
    }

    /// When `count` arrivals are due, in seconds from the segment's start: the root of `from t + (to - from) / (2 length) t^2 = count`,
    /// in the form that loses no digits.
    fn time_of(&self, count: f64) -> f64 {
        if count <= 0.0 {
            return 0.0;
        }
        let slope = (self.to_per_s - self.from_per_s) / self.length.as_secs_f64();
        2.0 * count / (self.from_per_s + (self.from_per_s.powi(2) + 2.0 * slope * count).max(0.0).sqrt())
    }
}

/// The arrivals of a schedule; see [`Schedule::offsets`].
#[derive(Debug, Clone)]
pub struct Offsets {
    window: Duration,
    later: std::vec::IntoIter<Segment>,
    segment: Option<Segment>,
    /// When the segment began, and how many arrivals were due until then.
    begun: Duration,
    begun_at: f64,
    count: Count,
    batch: usize,
    left_of_batch: usize,
    at: Duration,
}

/// What the cumulative rate must reach for the next arrival.
#[derive(Debug, Clone)]
enum Count {
    Even(u64),
    Random { random: SplitMix64, next: f64 },
}

impl Count {
    fn random(seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        let next = random.exponential(1.0);
        Count::Random { random, next }
    }

    fn next(&self) -> f64 {
        match self {
            // Each offset is computed from its number, not from the one before it: rounding errors do not add up.
            Count::Even(number) => *number as f64,
            Count::Random { next, .. } => *next,
        }
    }

    fn advance(&mut self) {
        match self {
            Count::Even(number) => *number += 1,
            Count::Random { random, next } => *next += random.exponential(1.0),
        }
    }
}

impl Iterator for Offsets {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.left_of_batch == 0 {
            self.at = self.next_batch()?;
            self.left_of_batch = self.batch;
        }
        self.left_of_batch = self.left_of_batch.checked_sub(1)?;
        Some(self.at)
    }
}

impl Offsets {
    fn next_batch(&mut self) -> Option<Duration> {
        let due = self.count.next();
        let mut segment = self.segment?;
        while due - self.begun_at >= segment.arrivals() {
            self.begun_at += segment.arrivals();
            self.begun += segment.length;
            self.segment = self.later.next();
            segment = self.segment?;
        }
        self.count.advance();
        // An offset too large for a duration lies beyond any window.
        let at = self.begun + Duration::try_from_secs_f64(segment.time_of(due - self.begun_at)).ok()?;
        // Rounding may put the last one onto the window's end.
        (at < self.window).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn offsets(schedule: Result<Schedule, LoadError>) -> Vec<Duration> {
        schedule.unwrap().offsets().collect()
    }

    fn poisson(rate_per_s: f64, seed: u64) -> Vec<Duration> {
        offsets(Schedule::constant(rate_per_s, MINUTE).map(|schedule| schedule.at_random(seed)))
    }

    #[test]
    fn a_constant_rate_is_exact_and_does_not_drift() {
        let at = offsets(Schedule::constant(100.0, seconds(10)));
        assert_eq!(at.len(), 1000);
        assert!(at.iter().zip(0..).all(|(at, n)| *at == Duration::from_millis(10 * n)));

        // A rate whose gap is not a whole number of nanoseconds: a day later the arrivals still fall on the full seconds.
        let day = Schedule::constant(3.0, seconds(86_400)).unwrap();
        assert_eq!(day.offsets().step_by(3).last(), Some(seconds(86_399)));
    }

    #[test]
    fn the_window_is_half_open() {
        assert_eq!(offsets(Schedule::constant(10.0, Duration::from_millis(300))).len(), 3);
        assert_eq!(offsets(Schedule::constant(10.0, Duration::ZERO)), []);
        assert_eq!(offsets(Schedule::constant(0.1, MINUTE)).len(), 6);
    }

    #[test]
    fn a_ramp_keeps_to_its_integral() {
        // From 0 to 100/s in 10 s, L(t) = 5 t^2: arrival n is due at sqrt(n / 5).
        let at = offsets(Schedule::ramp(0.0, 100.0, seconds(10)));
        assert_eq!(at.len(), 500);
        for (n, at) in at.iter().enumerate() {
            let expected = (n as f64 / 5.0).sqrt();
            assert!((at.as_secs_f64() - expected).abs() < 2e-9, "{n}: {at:?} instead of {expected}");
        }
        // Downwards it is the mirror image: 1,500 arrivals, and fewer in each second than in the one before.
        let down = offsets(Schedule::ramp(200.0, 100.0, seconds(10)));
        assert_eq!(down.len(), 1500);
        let in_second = |s| down.iter().filter(|at| at.as_secs() == s).count();
        assert!((1..10).all(|s| in_second(s) < in_second(s - 1)));
    }

    #[test]
    fn steps_follow_one_another_without_a_gap_or_a_double() {
        let at = offsets(Schedule::steps([(10.0, seconds(2)), (0.0, seconds(3)), (100.0, seconds(1))]));
        assert_eq!(at.len(), 120);
        assert!(at.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((at[19], at[20]), (Duration::from_millis(1900), seconds(5)));
    }

    #[test]
    fn a_spike_is_a_ramp_between_two_plateaus() {
        let spike = Schedule::constant(10.0, seconds(10))
            .unwrap()
            .then(&Schedule::ramp(10.0, 110.0, seconds(1)).unwrap())
            .then(&Schedule::constant(110.0, seconds(2)).unwrap());
        assert_eq!((spike.window(), spike.expected(), spike.peak_per_s()), (seconds(13), 380.0, 110.0));
        assert_eq!(spike.offsets().count(), 380);
    }

    #[test]
    fn a_batch_arrives_at_once() {
        let at = offsets(Schedule::constant(2.0, seconds(2)).map(|schedule| schedule.in_batches_of(3)));
        let half_seconds = |n: u64| Duration::from_millis(500 * n);
        assert_eq!(at, (0..4).flat_map(|n| [half_seconds(n); 3]).collect::<Vec<_>>());
        assert_eq!(offsets(Schedule::constant(2.0, seconds(2)).map(|schedule| schedule.in_batches_of(0))), []);
    }

    #[test]
    fn random_arrivals_repeat_with_their_seed_and_only_with_it() {
        assert_eq!(poisson(200.0, 1), poisson(200.0, 1));
        assert_ne!(poisson(200.0, 1), poisson(200.0, 2));
    }

    #[test]
    fn random_arrivals_have_their_mean_and_their_spread() {
        let at = poisson(1000.0, 42);
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
    fn a_random_ramp_has_its_share_in_every_part() {
        let at = offsets(Schedule::ramp(0.0, 1000.0, MINUTE).map(|schedule| schedule.at_random(7)));
        // A quarter of the arrivals in the first half: 7,500 of 30,000, with a standard deviation of 87.
        let early = at.iter().filter(|at| **at < MINUTE / 2).count();
        assert!(early.abs_diff(7_500) < 348, "{early} of {}", at.len());
    }

    #[test]
    fn what_is_not_a_rate_is_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e7] {
            assert!(matches!(Schedule::constant(rate, MINUTE), Err(LoadError::Rate(_))), "{rate}");
        }
        assert!(matches!(Schedule::ramp(-1.0, 5.0, MINUTE), Err(LoadError::Rate(_))));
        assert!(matches!(Schedule::steps([(5.0, MINUTE), (f64::NAN, MINUTE)]), Err(LoadError::Rate(_))));
    }
}
