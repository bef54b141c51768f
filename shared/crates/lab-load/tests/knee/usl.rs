use lab_load::knee::{Coefficients, Point, fit};
use orderflow::random::SplitMix64;

use crate::services::normal;

const IN_FLIGHT: [f64; 9] = [0.3, 0.8, 2.0, 4.5, 9.0, 17.0, 33.0, 60.0, 110.0];

fn points(in_flight: &[f64], x: impl FnMut(f64) -> f64) -> Vec<Point> {
    let mut x = x;
    in_flight.iter().map(|&n| Point { in_flight: n, per_s: x(n) }).collect()
}

fn close(found: f64, known: f64, share: f64) -> bool {
    (found - known).abs() <= share * known.abs()
}

#[test]
fn recovers_known_coefficients_whatever_the_unit_and_below_one_in_flight_too() {
    for sigma in [0.005, 0.03, 0.2, 0.6, 0.9] {
        for kappa in [1e-6, 1e-4, 1e-3, 0.02] {
            for lambda in [0.5, 40.0, 1e3, 1e6] {
                let known = Coefficients { sigma, kappa, lambda };
                let fit = fit(&points(&IN_FLIGHT, |n| known.throughput_per_s(n)));
                let law = fit.coefficients.expect("fits");
                assert!(fit.applies, "{known:?}: {}", fit.says);
                assert!(close(law.sigma, sigma, 1e-3) && close(law.lambda, lambda, 1e-3), "{known:?} {law:?}");
                assert!(close(law.kappa, kappa, 1e-3) || (law.kappa - kappa).abs() < 1e-8, "{known:?} {law:?}");
                assert!(fit.residuals.iter().all(|residual| residual.relative.abs() < 1e-4));
            }
        }
    }
}

#[test]
fn predicts_the_maximum_where_the_derivative_is_zero() {
    let known = Coefficients { sigma: 0.05, kappa: 0.001, lambda: 900.0 };
    let fit = fit(&points(&IN_FLIGHT, |n| known.throughput_per_s(n)));
    let maximum = fit.maximum.expect("saturates");
    let at = (0.95f64 / 0.001).sqrt();
    assert!(close(maximum.in_flight.expect("a peak"), at, 1e-4));
    assert!(close(maximum.per_s, known.throughput_per_s(at), 1e-6));
    for beside in [at - 1.0, at + 1.0] {
        assert!(known.throughput_per_s(beside) < maximum.per_s);
    }
    assert!(fit.says.contains("at 30.8 in flight (measured up to 110.0)"), "{}", fit.says);
}

#[test]
fn a_single_queue_is_the_law_with_half_contention_and_its_service_rate_as_the_limit() {
    let mu = 800.0;
    // A fast service never has a whole request in flight.
    for in_flight in [&IN_FLIGHT[..], &[0.05, 0.1, 0.2, 0.4, 0.6, 0.9]] {
        let fit = fit(&points(in_flight, |n| mu * n / (1.0 + n)));
        let law = fit.coefficients.expect("fits");
        assert!(close(law.sigma, 0.5, 1e-3) && close(law.lambda, mu / 2.0, 1e-3) && law.kappa < 1e-6, "{law:?}");
        let maximum = fit.maximum.expect("saturates");
        assert!(close(maximum.per_s, mu, 1e-2), "{maximum:?}");
    }
}

#[test]
fn recovers_coefficients_through_noise() {
    let known = Coefficients { sigma: 0.06, kappa: 8e-4, lambda: 120.0 };
    for seed in 0..100 {
        let mut random = SplitMix64::new(seed);
        let fit = fit(&points(&IN_FLIGHT, |n| known.throughput_per_s(n) * (1.0 + 0.02 * normal(&mut random))));
        let law = fit.coefficients.expect("fits");
        assert!(fit.applies, "{}", fit.says);
        assert!(close(law.lambda, known.lambda, 0.08), "seed {seed} {law:?}");
        assert!(
            close(fit.maximum.expect("saturates").per_s, known.throughput_per_s(34.3), 0.05),
            "seed {seed} {fit:?}"
        );
    }
}

#[test]
fn many_servers_with_a_hard_limit_are_not_the_law_and_it_says_where_they_stand_still() {
    let fit = fit(&points(&IN_FLIGHT, |n| (100.0 * n).min(1_000.0)));
    assert!(!fit.applies && fit.maximum.is_none());
    assert!(fit.says.contains("stands still at 1000/s, from 17.0 in flight to 110.0"), "{}", fit.says);
    let mut random = SplitMix64::new(4);
    let noisy = points(&IN_FLIGHT, |n| (100.0 * n).min(1_000.0) * (1.0 + 0.02 * normal(&mut random)));
    assert!(!lab_load::knee::fit(&noisy).applies);
}

#[test]
fn residuals_above_a_tenth_do_not_apply_and_are_shown() {
    let mut x = points(&IN_FLIGHT, |n| 800.0 * n / (1.0 + n));
    x[4].per_s *= 0.6;
    let fit = fit(&x);
    assert!(!fit.applies && fit.maximum.is_none());
    assert!(fit.says.contains("misses a point by"), "{}", fit.says);
    assert!(fit.residuals[4].relative < -0.1);
    // Faster than in proportion: contention below zero, which the bounds refuse.
    let superlinear = lab_load::knee::fit(&points(&IN_FLIGHT, |n| n * n));
    assert!(!superlinear.applies, "{}", superlinear.says);
}

#[test]
fn throughput_still_in_proportion_predicts_no_maximum() {
    let fit = fit(&points(&IN_FLIGHT, |n| 50.0 * n));
    assert!(fit.applies && fit.maximum.is_none());
    assert!(fit.says.contains("Too nearly in proportion"), "{}", fit.says);
}

#[test]
fn too_few_points_or_levels_are_not_fitted() {
    let law = Coefficients { sigma: 0.1, kappa: 0.0, lambda: 10.0 };
    let five = fit(&points(&IN_FLIGHT[..5], |n| law.throughput_per_s(n)));
    assert!(!five.applies && five.coefficients.is_none());
    assert!(five.says.ends_with("it needs 6 usable points, there are 5."), "{}", five.says);
    let mut with_garbage = points(&IN_FLIGHT[..5], |n| law.throughput_per_s(n));
    with_garbage.extend([f64::NAN, 0.0, -3.0, f64::INFINITY].map(|per_s| Point { in_flight: 5.0, per_s }));
    assert_eq!(fit(&with_garbage).says, five.says);
    // Many points, but only three places.
    let three = fit(&points(&[1.0, 1.01, 1.02, 5.0, 5.1, 5.2, 20.0, 20.1, 20.2], |n| law.throughput_per_s(n)));
    assert!(three.says.contains("4 different concurrencies, 10 % apart, there are 3"), "{}", three.says);
    assert!(!fit(&[]).applies);
}

#[test]
fn no_points_make_it_panic_or_apply_without_finite_figures() {
    let mut random = SplitMix64::new(11);
    let special = [f64::NAN, f64::INFINITY, 0.0, -1.0, f64::MIN_POSITIVE, 1e-300, f64::MAX, 1e300, 1.0];
    for _ in 0..3_000 {
        let mut draw = || {
            let usual = 10f64.powf(12.0 * random.unit_f64() - 6.0);
            if random.below(5) == 0 { special[random.below(9) as usize] } else { usual }
        };
        let points: Vec<Point> = (0..12).map(|_| Point { in_flight: draw(), per_s: draw() }).collect();
        let fit = fit(&points);
        assert!(!fit.says.is_empty());
        if fit.applies {
            let law = fit.coefficients.expect("applies");
            assert!(law.sigma >= 0.0 && law.kappa >= 0.0 && law.lambda.is_finite() && law.lambda > 0.0);
            assert!(fit.residuals.iter().all(|residual| residual.relative.abs() <= 0.1));
        }
    }
}
