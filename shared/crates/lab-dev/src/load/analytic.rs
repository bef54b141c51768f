//! What the stalling service's percentiles truly are. No clock in here.

/// The service's rhythm: it stands still for so long ...
pub const STALL_MS: u64 = 2_000;
/// ... in every period of this length.
pub const PERIOD_MS: u64 = 10_000;

/// The response time that the share `q` of customers stays below, in milliseconds, when they come at a constant rate over whole periods.
///
/// Who comes when `x` of the stall are left waits for `x`, and everybody else not at all, so that
/// `P(L > x) = (stall - x) / period`; that is `1 - q` at `x = stall - (1 - q) period`.
pub fn percentile_ms(q: f64) -> f64 {
    (STALL_MS as f64 - (1.0 - q) * PERIOD_MS as f64).max(0.0)
}

/// The standard error of that percentile when `samples` customers come at random instead, in milliseconds: `sqrt(q (1 - q) / n) / f`
/// with the density `f`, here 1 / period (David and Nagaraja, "Order Statistics", 3rd ed., section 10.2).
pub fn standard_error_ms(q: f64, samples: u64) -> f64 {
    (q * (1.0 - q) / samples.max(1) as f64).sqrt() * PERIOD_MS as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_close(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 1e-6
    }

    #[test]
    fn the_percentiles_of_the_book() {
        for (q, expected) in [(0.5, 0.0), (0.79, 0.0), (0.8, 0.0), (0.9, 1000.0), (0.95, 1500.0), (0.99, 1900.0)] {
            assert!(is_close(percentile_ms(q), expected), "{q}: {}", percentile_ms(q));
        }
        assert!(is_close(percentile_ms(1.0), STALL_MS as f64), "nobody waits longer than the stall");
    }

    #[test]
    fn the_formula_agrees_with_counting() {
        // A customer in every millisecond of a period, and the wait of each; the formula has no milliseconds in it.
        let mut waits: Vec<u64> = (0..PERIOD_MS).map(|at| STALL_MS.saturating_sub(at)).collect();
        waits.sort_unstable();
        for percent in 1..100 {
            let counted = waits[percent * waits.len() / 100] as f64;
            let formula = percentile_ms(percent as f64 / 100.0);
            assert!((counted - formula).abs() < 2.0, "p{percent}: {counted} and {formula}");
        }
    }

    #[test]
    fn chance_weighs_less_in_the_tail_and_with_more_customers() {
        assert!(is_close(standard_error_ms(0.9, 10_000), 30.0));
        assert!(standard_error_ms(0.99, 6_000) < standard_error_ms(0.95, 6_000));
        assert!(is_close(standard_error_ms(0.9, 40_000), 15.0));
    }
}
