//! Durations of many requests, without losing the tail.

use hdrhistogram::Histogram;
use lab_results::load::LatencySummary;
use std::time::Duration;

/// Longer than any run. A longer latency is recorded as this.
const HIGHEST_US: u64 = 3_600_000_000;

/// A histogram of latencies: microseconds, three significant digits (HdrHistogram), fixed size whatever the count.
#[derive(Debug, Clone, PartialEq)]
pub struct Latencies {
    us: Histogram<u64>,
}

impl Default for Latencies {
    fn default() -> Self {
        Self::new()
    }
}

impl Latencies {
    /// An empty histogram.
    pub fn new() -> Self {
        // The bounds are constants that HdrHistogram accepts: the lowest at least 1, the highest at least twice it, at
        // most 5 digits.
        let us = Histogram::new_with_bounds(1, HIGHEST_US, 3).expect("constant, valid bounds");
        Self { us }
    }

    /// Adds one latency.
    pub fn record(&mut self, latency: Duration) {
        self.us.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds all latencies of another histogram. Histograms are merged so, percentiles never.
    pub fn merge(&mut self, other: &Self) {
        // Both have the same bounds, so nothing can lie outside.
        self.us.add(&other.us).expect("equal bounds");
    }

    /// For a log.
    #[cfg(feature = "program")]
    pub(crate) fn histogram(&self) -> &Histogram<u64> {
        &self.us
    }

    /// From a log; what it counts and what we do where that is not the same.
    #[cfg(feature = "program")]
    pub(crate) fn from_histogram(us: Histogram<u64>) -> Result<Self, (String, String)> {
        let bounds = |us: &Histogram<u64>| format!("{} to {} with {} digits", us.low(), us.high(), us.sigfig());
        let (found, ours) = (bounds(&us), bounds(&Self::new().us));
        if found == ours { Ok(Self { us }) } else { Err((found, ours)) }
    }

    /// How many latencies were recorded.
    pub fn count(&self) -> u64 {
        self.us.len()
    }

    /// The latency that the share `quantile` (0.0 to 1.0) of the requests did not exceed, in milliseconds. None when
    /// nothing was recorded: no samples is not the same as no latency.
    pub fn percentile_ms(&self, quantile: f64) -> Option<f64> {
        (!self.us.is_empty()).then(|| ms(self.us.value_at_quantile(quantile)))
    }

    /// The longest latency in milliseconds; None when nothing was recorded.
    pub fn max_ms(&self) -> Option<f64> {
        (!self.us.is_empty()).then(|| ms(self.us.max()))
    }

    /// The usual figures; None when nothing was recorded.
    pub fn summary(&self) -> Option<LatencySummary> {
        (!self.us.is_empty()).then(|| LatencySummary {
            count: self.us.len(),
            p50_ms: ms(self.us.value_at_quantile(0.5)),
            p90_ms: ms(self.us.value_at_quantile(0.9)),
            p95_ms: ms(self.us.value_at_quantile(0.95)),
            p99_ms: ms(self.us.value_at_quantile(0.99)),
            p999_ms: ms(self.us.value_at_quantile(0.999)),
            max_ms: ms(self.us.max()),
            mean_ms: self.us.mean() / 1e3,
        })
    }
}

fn ms(us: u64) -> f64 {
    us as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_ms(range: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::new();
        range.into_iter().for_each(|ms| latencies.record(Duration::from_millis(ms)));
        latencies
    }

    fn close(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= expected / 1000.0
    }

    #[test]
    fn percentiles_are_right_to_three_digits() {
        let summary = of_ms(1..=1000).summary().unwrap();
        assert_eq!(summary.count, 1000);
        for (found, expected) in [
            (summary.p50_ms, 500.0),
            (summary.p90_ms, 900.0),
            (summary.p95_ms, 950.0),
            (summary.p99_ms, 990.0),
            (summary.max_ms, 1000.0),
            (summary.mean_ms, 500.5),
        ] {
            assert!(close(found, expected), "{found} instead of {expected}");
        }
    }

    #[test]
    fn merging_equals_recording_together() {
        let mut merged = of_ms(1..=500);
        merged.merge(&of_ms(501..=1000));
        assert_eq!(merged, of_ms(1..=1000));
    }

    #[test]
    fn no_samples_are_not_zero_milliseconds() {
        let none = Latencies::new();
        assert_eq!((none.count(), none.percentile_ms(0.99), none.max_ms(), none.summary()), (0, None, None, None));
    }

    #[test]
    fn extremes_are_kept() {
        let mut latencies = Latencies::new();
        latencies.record(Duration::ZERO);
        latencies.record(Duration::MAX);
        assert_eq!(latencies.count(), 2);
        assert!(close(latencies.max_ms().unwrap(), HIGHEST_US as f64 / 1e3));
    }
}
