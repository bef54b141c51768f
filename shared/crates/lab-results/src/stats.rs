//! Medians with exact intervals. No means, no p-values, no assumed distribution.

use serde::{Deserialize, Serialize};

/// A median with a distribution-free confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The sample median.
    pub median: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How many samples stand behind it.
    pub samples: usize,
}

impl Interval {
    /// The interval of `exp(x)`: a monotone map takes order statistics to order statistics.
    pub fn exp(self) -> Interval {
        Interval { median: self.median.exp(), low: self.low.exp(), high: self.high.exp(), ..self }
    }

    /// True when the whole interval lies within `±margin` of zero.
    pub fn within(self, margin: f64) -> bool {
        self.low > -margin && self.high < margin
    }
}

/// The value below which a share `q` of the samples lies (nearest rank); `None` without finite samples.
pub fn percentile(samples: &[f64], q: f64) -> Option<f64> {
    let sorted = sorted(samples);
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

/// The median; the mean of the two middle values for an even number of samples, `None` without finite samples.
pub fn median(samples: &[f64]) -> Option<f64> {
    let sorted = sorted(samples);
    let n = sorted.len();
    (n > 0).then(|| f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]))
}

/// The median of `samples` with an interval that covers the true median with probability at least `1 - alpha`, whatever the
/// distribution: the interval from the k-th smallest to the k-th largest sample has coverage
/// `1 - 2 P(Binomial(n, 1/2) < k)` (David and Nagaraja, "Order Statistics", 3rd ed., section 7.1).
///
/// Samples that are not finite are left out. `None` when there are too few for the asked coverage.
pub fn median_interval(samples: &[f64], alpha: f64) -> Option<Interval> {
    let sorted = sorted(samples);
    let n = sorted.len();
    let k = order_statistic_rank(n, alpha);
    (k > 0).then(|| Interval {
        median: f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]),
        low: sorted[k - 1],
        high: sorted[n - k],
        samples: n,
    })
}

/// All samples, the finest interval there is for very few of them: of `n` it covers the true median with probability
/// `1 - 2^(1-n)`. `None` without finite samples.
pub fn range(samples: &[f64]) -> Option<Interval> {
    let sorted = sorted(samples);
    let (low, high) = (*sorted.first()?, *sorted.last()?);
    median(samples).map(|median| Interval { median, low, high, samples: sorted.len() })
}

/// Largest `k` with `P(Binomial(n, 1/2) <= k - 1) <= alpha / 2`; 0 when even `k = 1` does not reach the coverage.
fn order_statistic_rank(n: usize, alpha: f64) -> usize {
    let mut log_probability = -(n as f64) * std::f64::consts::LN_2;
    let mut cumulative = 0.0;
    let mut rank = 0;
    for i in 0..n / 2 {
        cumulative += log_probability.exp();
        if cumulative > alpha / 2.0 {
            break;
        }
        rank = i + 1;
        log_probability += ((n - i) as f64 / (i + 1) as f64).ln();
    }
    rank
}

/// The share of the reference's speed-up that was captured: `ln(original / yours) / ln(original / reference)`, from the two
/// logarithms. `None` where the reference is no faster than the original, because then there is nothing to capture.
pub fn captured(ln_baseline_over_yours: f64, ln_baseline_over_reference: f64) -> Option<f64> {
    (ln_baseline_over_reference > 0.0).then(|| ln_baseline_over_yours / ln_baseline_over_reference)
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = samples.iter().copied().filter(|x| x.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small generator of our own, since this crate depends on nothing.
    pub fn uniform(seed: u64, n: usize) -> Vec<f64> {
        let mut state = seed;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 11) as f64 / (1u64 << 53) as f64
            })
            .collect()
    }

    #[test]
    fn ranks_agree_with_binomial_tables() {
        // P(Bin(10, 1/2) <= 1) = 11/1024 = 0.0107, P(<= 2) = 0.0547: 95% needs the 2nd smallest and largest.
        assert_eq!(order_statistic_rank(10, 0.05), 2);
        // P(Bin(6, 1/2) = 0) = 1/64 = 0.0156 <= 0.025; five samples cannot reach 95%.
        assert_eq!(order_statistic_rank(6, 0.05), 1);
        assert_eq!(order_statistic_rank(5, 0.05), 0);
        assert_eq!(order_statistic_rank(0, 0.05), 0);
    }

    #[test]
    fn too_few_samples_give_no_interval_rather_than_a_wrong_one() {
        assert_eq!(median_interval(&[1.0, 2.0, 3.0], 0.05), None);
        assert_eq!(median_interval(&[f64::NAN; 50], 0.05), None);
    }

    #[test]
    fn covers_the_true_median_as_often_as_it_says_with_heavy_tails() {
        // Cauchy: no mean, no variance; its median is 0.
        let covered = (0..400)
            .filter(|seed| {
                let samples: Vec<f64> =
                    uniform(seed * 7 + 1, 101).iter().map(|u| (std::f64::consts::PI * (u - 0.5)).tan()).collect();
                let interval = median_interval(&samples, 0.05).expect("enough samples");
                interval.low <= 0.0 && 0.0 <= interval.high
            })
            .count();
        assert!(covered >= 370, "covered {covered} of 400");
    }

    #[test]
    fn one_wild_value_moves_nothing() {
        let mut samples = vec![1.0; 99];
        samples.push(1e12);
        let interval = median_interval(&samples, 0.01).expect("enough samples");
        assert_eq!((interval.median, interval.low, interval.high), (1.0, 1.0, 1.0));
    }

    #[test]
    fn captured_is_a_share_of_logarithms() {
        assert_eq!(captured(10f64.ln(), 100f64.ln()), Some(0.5));
        assert_eq!(captured(1.0, 0.0), None);
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let samples: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&samples, 0.99), Some(99.0));
        assert_eq!(percentile(&samples, 0.0), Some(1.0));
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        let whole = Interval { median: 2.0, low: 1.0, high: 9.0, samples: 3 };
        assert_eq!(range(&[9.0, 1.0, f64::NAN, 2.0]), Some(whole));
        assert_eq!(range(&[f64::NAN]), None);
    }
}
