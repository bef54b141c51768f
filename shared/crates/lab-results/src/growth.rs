//! How a count grows with the size of the input.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A growth class, the cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The same for every size.
    Constant,
    /// log n
    Logarithmic,
    /// n
    Linear,
    /// n log n
    Linearithmic,
    /// n²
    Quadratic,
    /// n³
    Cubic,
}

impl Class {
    const ALL: [Class; 6] =
        [Class::Constant, Class::Logarithmic, Class::Linear, Class::Linearithmic, Class::Quadratic, Class::Cubic];

    /// The class's function of `n`, without its factor: `n * n` for n².
    pub fn of(self, n: f64) -> f64 {
        match self {
            Class::Constant => 1.0,
            Class::Logarithmic => n.ln(),
            Class::Linear => n,
            Class::Linearithmic => n * n.ln(),
            Class::Quadratic => n * n,
            Class::Cubic => n * n * n,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Class::Constant => "constant",
            Class::Logarithmic => "log n",
            Class::Linear => "n",
            Class::Linearithmic => "n log n",
            Class::Quadratic => "n²",
            Class::Cubic => "n³",
        })
    }
}

/// A fitted growth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// The class that fits best.
    pub class: Class,
    /// Slope of the log-log regression: 1 for n, 2 for n².
    pub slope: f64,
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What rounds to zero has no sign: minus zero plus zero is zero.
        let slope = (self.slope * 100.0).round() / 100.0 + 0.0;
        write!(f, "{} (slope {slope:.2})", self.class)
    }
}

/// Fits the growth of `(size, count)` points; `None` for fewer than three usable sizes (above 1, distinct).
///
/// Each class is the one-parameter model `count = a f(n)`, fitted by least squares on logarithms. With as many parameters in
/// every model, the corrected Akaike criterion (Hurvich and Tsai, 1989) orders them as their residual sums do.
pub fn fit(points: &[(f64, f64)]) -> Option<Growth> {
    let mut logs: Vec<(f64, f64)> = points
        .iter()
        .filter(|(n, count)| *n > 1.0 && n.is_finite() && count.is_finite())
        // A count of zero has no logarithm; half a count keeps its place below one.
        .map(|&(n, count)| (n, count.max(0.5).ln()))
        .collect();
    logs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let distinct = 1 + logs.windows(2).filter(|pair| pair[0].0 < pair[1].0).count();
    if logs.is_empty() || distinct < 3 {
        return None;
    }
    let class = Class::ALL
        .into_iter()
        .min_by(|a, b| residual(&logs, *a).total_cmp(&residual(&logs, *b)))
        .expect("there are classes");
    Some(Growth { class, slope: slope(&logs) })
}

/// Slopes of times above this are called quadratic, below it linear (the book: measuring-examined.md).
const TIME_CUT: f64 = 1.5;

/// Tells `n` from `n²` by the shortest wall time at each size; `None` for fewer than three usable sizes.
///
/// A minimum is the least disturbed of its samples, so that its log-log slope separates these two on a busy machine. Nothing finer
/// can be had from times: cache misses imitate a logarithm. Classes in between come from counts ([`fit`]).
pub fn of_times(minima: &[(f64, f64)]) -> Option<Class> {
    let usable = minima.iter().copied().filter(|(_, time)| *time > 0.0);
    // Counts begin at one, times need not: the smallest becomes the unit.
    let smallest = usable.clone().map(|(_, time)| time).fold(f64::INFINITY, f64::min);
    let scaled: Vec<(f64, f64)> = usable.map(|(n, time)| (n, time / smallest)).collect();
    fit(&scaled).map(|growth| if growth.slope > TIME_CUT { Class::Quadratic } else { Class::Linear })
}

/// The sizes that decide an [`exponent`] reach from the largest down to this share of it.
const TOP: f64 = 1.0 / 8.0;

/// The power of the size that times grow with, from the least time at each size; `None` for fewer than three usable sizes.
///
/// It is the log-log slope over the largest sizes alone. What grows with n² and is quick for each n is hidden below what grows with n
/// where n is small, and outweighs it where n is large.
pub fn exponent(minima: &[(f64, f64)]) -> Option<f64> {
    let usable = |(n, time): &(f64, f64)| n.is_finite() && time.is_finite() && *n > 0.0 && *time > 0.0;
    let largest = minima.iter().filter(|point| usable(point)).map(|(n, _)| *n).fold(0.0, f64::max);
    // A seed's inputs are not exactly twice as large: a little below the share still belongs to it.
    let decides = |point: &&(f64, f64)| usable(point) && point.0 >= 0.8 * TOP * largest;
    let mut logs: Vec<(f64, f64)> = minima.iter().filter(decides).map(|&(n, time)| (n, time.ln())).collect();
    if logs.len() < 3 {
        logs = minima.iter().filter(|point| usable(point)).map(|&(n, time)| (n, time.ln())).collect();
    }
    (logs.len() >= 3).then(|| slope(&logs))
}

fn residual(logs: &[(f64, f64)], class: Class) -> f64 {
    let differences = logs.iter().map(|(n, log_count)| log_count - class.of(*n).ln());
    let mean = differences.clone().sum::<f64>() / logs.len() as f64;
    differences.map(|d| (d - mean).powi(2)).sum()
}

fn slope(logs: &[(f64, f64)]) -> f64 {
    let count = logs.len() as f64;
    let mean_x = logs.iter().map(|(n, _)| n.ln()).sum::<f64>() / count;
    let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let covariance: f64 = logs.iter().map(|(n, y)| (n.ln() - mean_x) * (y - mean_y)).sum();
    let variance: f64 = logs.iter().map(|(n, _)| (n.ln() - mean_x).powi(2)).sum();
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [f64; 7] = [50.0, 100.0, 200.0, 400.0, 800.0, 1_600.0, 3_200.0];

    fn fitted(f: impl Fn(f64) -> f64) -> Class {
        fit(&SIZES.map(|n| (n, f(n)))).expect("fits").class
    }

    #[test]
    fn names_every_class_from_exact_counts() {
        for class in Class::ALL {
            assert_eq!(fitted(|n| 7.0 * class.of(n)), class);
        }
    }

    #[test]
    fn names_classes_from_counts_with_lower_terms() {
        assert_eq!(fitted(|n| n * n / 2.0 + 30.0 * n), Class::Quadratic);
        assert_eq!(fitted(|n| 3.0 * n + 4.0), Class::Linear);
        assert_eq!(fitted(|_| 0.0), Class::Constant);
    }

    #[test]
    fn times_tell_n_from_n_squared_whatever_their_unit() {
        for unit in [1e-9, 1.0, 1e6] {
            let points = |f: fn(f64) -> f64| SIZES.map(|n| (n, unit * f(n)));
            assert_eq!(of_times(&points(|n| 3.0 * n + 40.0)), Some(Class::Linear));
            // Sums over a cache that gets too small look steeper than they are, but not that steep.
            assert_eq!(of_times(&points(|n| n * n.ln())), Some(Class::Linear));
            assert_eq!(of_times(&points(|n| n * n + 50.0 * n)), Some(Class::Quadratic));
        }
        assert_eq!(of_times(&[(10.0, 0.0), (20.0, 0.0), (40.0, f64::NAN), (80.0, 1.0)]), None);
    }

    #[test]
    fn an_exponent_shows_what_a_small_constant_hides() {
        // 50 ns for each line, and a text of 52 bytes a line moved at 10 GB/s for every thousandth line.
        let sizes = [1_400.0, 2_800.0, 5_600.0, 11_200.0, 22_400.0, 44_800.0, 89_600.0];
        let moved = sizes.map(|n| (n, 50e-9 * n + n * n / 2.0 * 52.0 / 1e10 / 1_000.0));
        assert!(exponent(&moved).expect("sizes enough") > 1.5);
        assert!(fit(&moved.map(|(n, seconds)| (n, seconds * 1e9))).expect("sizes enough").slope < 1.5);
        // Cost for a line that doubles on the way, as when the cache becomes too small, is no square.
        let cache = sizes.map(|n| (n, 50e-9 * n * if n > 20_000.0 { 2.0 } else { 1.0 }));
        assert!(exponent(&cache).expect("sizes enough") < 1.4);
        assert_eq!(exponent(&moved[..2]), None);
        // Three sizes far apart are enough, wherever they lie.
        assert!((exponent(&[(10.0, 1.0), (1_000.0, 1e4), (100_000.0, 1e8)]).expect("three") - 2.0).abs() < 1e-9);
    }

    #[test]
    fn refuses_to_guess_from_too_few_sizes() {
        assert_eq!(fit(&[(10.0, 1.0), (20.0, 2.0)]), None);
        assert_eq!(fit(&[(10.0, 1.0), (10.0, 1.0), (10.0, 1.0)]), None);
        assert_eq!(fit(&[(f64::NAN, 1.0), (10.0, 1.0), (20.0, f64::INFINITY)]), None);
    }

    #[test]
    fn a_slope_that_rounds_to_zero_has_no_sign() {
        let shown = [-0.0, -0.004, -0.006].map(|slope| Growth { class: Class::Constant, slope }.to_string());
        assert_eq!(shown, ["constant (slope 0.00)", "constant (slope 0.00)", "constant (slope -0.01)"]);
    }

    #[test]
    fn slope_is_the_exponent() {
        let growth = fit(&SIZES.map(|n| (n, 3.0 * n.powf(1.5)))).expect("fits");
        assert!((growth.slope - 1.5).abs() < 1e-9);
    }
}
