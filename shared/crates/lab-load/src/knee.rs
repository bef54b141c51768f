//! Finds the knee: the highest rate at which a service still keeps its objectives.
//!
//! Nothing here sends a request or reads a clock: [`search`] decides which rate to try next and what to believe, the caller
//! drives the service. The Universal Scalability Law is fitted to the same steps by [`fit`].

mod limits;
mod says;
mod search;
mod usl;

pub use limits::{BadLimits, Limits};
pub(crate) use says::per_s;
pub use search::search;
use serde::Serialize;
pub use usl::{Coefficients, Fit, MIN_POINTS, Maximum, Point, Residual, WORST_RESIDUAL, fit};

/// A step that answers less than this share of what was offered is past the knee, whatever its latencies say.
pub const KEPT_UP_SHARE: f64 = 0.95;

/// What one window of load at a constant rate showed, its drain included.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Requests that were due, by the window: counted, because Poisson arrivals miss the nominal rate.
    pub offered_per_s: f64,
    /// Requests that were answered as expected, by the time from the start to the last answer, without the usual response time: also a
    /// service that keeps up answers the last one after the window.
    pub answered_per_s: f64,
    /// Median response time; none where nothing was answered.
    pub p50_ms: Option<f64>,
    /// 99th percentile of the response time; none where nothing was answered.
    pub p99_ms: Option<f64>,
    /// The service kept its objectives.
    pub kept: bool,
    /// The generator kept up with its own schedule; what it measured otherwise is not the service's and is discarded.
    pub valid: bool,
    /// Requests with the service on average, by Little's law (Little, 1961): L = answered rate × mean response time.
    pub in_flight: f64,
    /// Why it was not kept or not valid, in a few words.
    pub why: String,
}

/// What a step says about its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Objectives kept and throughput as offered.
    Kept,
    /// Objectives missed, or less than [`KEPT_UP_SHARE`] of what was offered was answered.
    Broken,
    /// Nothing: the generator did not keep up.
    Discarded,
}

impl Verdict {
    fn of(step: &Step) -> Self {
        // Comparisons with NaN are false, so that a step without figures never counts as kept.
        let kept_up = step.answered_per_s > 0.0 && step.answered_per_s >= KEPT_UP_SHARE * step.offered_per_s;
        match (step.valid, step.kept && kept_up) {
            (false, _) => Self::Discarded,
            (true, true) => Self::Kept,
            (true, false) => Self::Broken,
        }
    }
}

/// Which part of the search asked for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Upwards by a factor, until a step breaks.
    Ramp,
    /// Between the highest kept and the lowest broken rate.
    Bisection,
    /// Again at both edges, to tell a knee from an accident.
    Repeat,
}

/// One step of the search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// Why it was made.
    pub phase: Phase,
    /// The rate that was asked for.
    pub rate_per_s: f64,
    /// What it says.
    pub verdict: Verdict,
    /// What was measured.
    pub step: Step,
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A knee, confirmed by the majority of the repeats on both of its sides.
    Found,
    /// The repeats contradict both sides of the edge: the service does not behave the same twice.
    Unconfirmed,
    /// Broken already at the start rate, and by the majority of its repeats.
    NeverKept,
    /// Kept at the maximum rate, and by the majority of its repeats: there is no knee up to there.
    KeptToMaximum,
    /// The generator, not the service, could not go on.
    GeneratorAtItsEnd,
    /// The steps that were allowed were used up.
    OutOfSteps,
    /// The caller's probe failed.
    Stopped,
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Knee {
    /// How the search ended.
    pub outcome: Outcome,
    /// The knee: equal to `kept_per_s` when it was found, none otherwise.
    pub knee_per_s: Option<f64>,
    /// The lower side of the edge: a rate that was kept.
    pub kept_per_s: Option<f64>,
    /// The upper side of the edge: a rate that was not kept.
    pub broken_per_s: Option<f64>,
    /// All steps, in the order in which they were made.
    pub tried: Vec<Tried>,
    /// The result as a sentence.
    pub says: String,
}

impl Knee {
    /// The points for [`fit`]: of all steps but the discarded ones.
    pub fn points(&self) -> Vec<Point> {
        let valid = self.tried.iter().filter(|tried| tried.verdict != Verdict::Discarded);
        valid.map(|tried| Point { in_flight: tried.step.in_flight, per_s: tried.step.answered_per_s }).collect()
    }
}

/// The caller's probe failed, or was told to stop.
#[derive(Debug, thiserror::Error)]
#[error("the search for the knee stopped after {} steps: {error}", knee.tried.len())]
pub struct Stopped<E: std::fmt::Display> {
    /// What was known until then.
    pub knee: Box<Knee>,
    /// The probe's error.
    pub error: E,
}
