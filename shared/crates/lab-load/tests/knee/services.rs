//! Services that are formulas.

use lab_load::knee::Step;
use orderflow::random::SplitMix64;

/// The window over which an overloaded queue grows, in seconds.
const WINDOW_S: f64 = 10.0;

/// A single queue: Poisson arrivals, exponential service at `mu` per second (Kleinrock, "Queueing Systems", volume 1, 1975).
/// Response times are exponential with the mean 1 / (mu - rate); past mu the queue grows for as long as the window lasts.
pub fn single_queue(mu: f64, objective_p99_ms: f64) -> impl Fn(f64) -> Step {
    move |rate| {
        let backlog = (rate - mu).max(0.0) * WINDOW_S;
        let mean_s = if rate < mu { (1.0 / (mu - rate)).min(WINDOW_S) } else { WINDOW_S + backlog / mu / 2.0 };
        let p99_ms = 1e3 * mean_s * 100f64.ln();
        step(rate, rate.min(mu), mean_s, p99_ms, objective_p99_ms)
    }
}

/// The rate at which [`single_queue`] just keeps its objective: mu - ln(100) / p99.
pub fn single_queue_knee(mu: f64, objective_p99_ms: f64) -> f64 {
    mu - 1e3 * 100f64.ln() / objective_p99_ms
}

/// A quota: answers in `mean_ms` whatever comes, but never more than `limit_per_s`, and turns the rest away.
pub fn quota(limit_per_s: f64, mean_ms: f64) -> impl Fn(f64) -> Step {
    move |rate| step(rate, rate.min(limit_per_s), mean_ms / 1e3, mean_ms * 2.0, f64::INFINITY)
}

/// Keeps its objective up to `knee` and not above it.
pub fn threshold(knee: f64) -> impl Fn(f64) -> Step {
    move |rate| step(rate, rate, 0.010, if rate <= knee { 20.0 } else { 200.0 }, 100.0)
}

/// The step of a generator that did not keep up.
pub fn discarded(rate: f64) -> Step {
    Step { valid: false, why: "lag p99 8 ms".into(), ..threshold(f64::INFINITY)(rate) }
}

/// A draw from the normal distribution with variance 1 (Box and Muller, 1958).
pub fn normal(random: &mut SplitMix64) -> f64 {
    let (a, b) = (1.0 - random.unit_f64(), random.unit_f64());
    (-2.0 * a.ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
}

pub fn step(offered_per_s: f64, answered_per_s: f64, mean_s: f64, p99_ms: f64, objective_p99_ms: f64) -> Step {
    let kept = p99_ms <= objective_p99_ms;
    let why = if kept { String::new() } else { format!("p99 {p99_ms:.0} ms, objective {objective_p99_ms:.0} ms") };
    let p50_ms = Some(1e3 * mean_s * 2f64.ln());
    let in_flight = answered_per_s * mean_s;
    Step { offered_per_s, answered_per_s, p50_ms, p99_ms: Some(p99_ms), kept, valid: true, in_flight, why }
}
