//! The Universal Scalability Law, fitted where it applies.
//!
//! X(N) = λN / (1 + σ(N - 1) + κN(N - 1)): throughput X at concurrency N, with λ = X(1), contention σ and coherency κ (Gunther,
//! "Guerrilla Capacity Planning", Springer 2007, chapters 4 and 5; the three-parameter form: Schwartz, "Practical Scalability
//! Analysis with the Universal Scalability Law", 2015). A single queue M/M/1 with service rate μ, N = X / (μ - X), is the law with σ = 1/2, κ = 0
//! and λ = μ/2. A service with many equal servers is not: it scales linearly and then hits its limit hard.

mod plateau;
mod solve;

use super::says::per_s;
use plateau::plateau;
use serde::Serialize;
use solve::solve;

/// Fewer points than this say little about three coefficients.
pub const MIN_POINTS: usize = 6;

/// A fit that misses any point by more than this share does not describe the service.
pub const WORST_RESIDUAL: f64 = 0.10;

/// Concurrencies that are this much apart count as different, and as many of them as this are one more than coefficients.
const LEVEL_FACTOR: f64 = 1.1;
const MIN_LEVELS: usize = 4;

/// A maximum further than this beyond the highest measured throughput is no prediction.
const FARTHEST: f64 = 3.0;

/// One step: the mean number of requests with the service, a fraction as well, and its throughput.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Concurrency N.
    pub in_flight: f64,
    /// Throughput X.
    pub per_s: f64,
}

/// The law's coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coefficients {
    /// Contention: the share of the work that has to queue, 0 to 1.
    pub sigma: f64,
    /// Coherency: what each request costs each other one; above 0 the throughput falls again.
    pub kappa: f64,
    /// Throughput with one request in flight, per second.
    pub lambda: f64,
}

impl Coefficients {
    /// X(N), per second.
    pub fn throughput_per_s(&self, in_flight: f64) -> f64 {
        let n = in_flight;
        self.lambda * n / (1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0))
    }

    /// The highest throughput and where it is: at N = √((1 - σ) / κ), or λ/σ, approached for ever, without coherency.
    fn maximum(&self) -> Maximum {
        let at = ((1.0 - self.sigma) / self.kappa).sqrt();
        if at.is_finite() {
            Maximum { per_s: self.throughput_per_s(at), in_flight: Some(at) }
        } else {
            Maximum { per_s: self.lambda / self.sigma, in_flight: None }
        }
    }
}

/// The highest throughput that a fit predicts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Maximum {
    /// Per second.
    pub per_s: f64,
    /// The concurrency at which it is reached; none where it is a limit that is never reached.
    pub in_flight: Option<f64>,
}

/// One point beside its prediction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Residual {
    /// What was measured.
    pub observed: Point,
    /// X(N) of the fit, per second.
    pub predicted_per_s: f64,
    /// (observed - predicted) / observed.
    pub relative: f64,
}

/// A fit, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fit {
    /// The law describes these points; where not, everything else is there only to show by how much.
    pub applies: bool,
    /// None where nothing could be fitted.
    pub coefficients: Option<Coefficients>,
    /// None where the law does not apply, or the throughput grows too nearly in proportion for a prediction.
    pub maximum: Option<Maximum>,
    /// For each usable point, by ascending concurrency.
    pub residuals: Vec<Residual>,
    /// The result as a sentence.
    pub says: String,
}

/// Fits the law by least squares of the relative residuals, as throughputs err in proportion, with σ in 0..=1 and κ >= 0.
///
/// Points that are not finite and above 0 are left out. Never panics; where the law does not apply, [`Fit::says`] says why.
pub fn fit(points: &[Point]) -> Fit {
    let usable = |x: f64| x.is_finite() && x > 0.0;
    let mut points: Vec<Point> = points.iter().copied().filter(|p| usable(p.in_flight) && usable(p.per_s)).collect();
    points.sort_by(|a, b| a.in_flight.total_cmp(&b.in_flight));
    if let Some(too_few) = too_few(&points) {
        return Fit::none(too_few);
    }
    let Some(coefficients) = solve(&points) else {
        return Fit::none("The Universal Scalability Law does not apply: no coefficients fit the points.".into());
    };
    let residuals: Vec<Residual> = points
        .iter()
        .map(|&observed| {
            let predicted_per_s = coefficients.throughput_per_s(observed.in_flight);
            Residual { observed, predicted_per_s, relative: (observed.per_s - predicted_per_s) / observed.per_s }
        })
        .collect();
    let fit = Fit { applies: false, coefficients: Some(coefficients), maximum: None, residuals, says: String::new() };
    fit.judged()
}

impl Fit {
    fn none(says: String) -> Self {
        Self { applies: false, coefficients: None, maximum: None, residuals: Vec::new(), says }
    }

    fn judged(mut self) -> Self {
        let points: Vec<Point> = self.residuals.iter().map(|residual| residual.observed).collect();
        let worst = self.residuals.iter().map(|residual| residual.relative.abs()).fold(0.0, f64::max);
        let squares: f64 = self.residuals.iter().map(|residual| residual.relative.powi(2)).sum();
        if let Some(plateau) = plateau(&points).filter(|plateau| plateau.squares < squares) {
            self.says = format!(
                "The Universal Scalability Law does not apply: throughput grows in proportion and then stands still at {}, from \
                 {:.1} in flight to {:.1}. That is a hard limit, such as a pool or a quota.",
                per_s(plateau.per_s),
                plateau.from,
                plateau.to
            );
        } else if worst > WORST_RESIDUAL {
            self.says = format!(
                "The Universal Scalability Law does not apply: it misses a point by {:.0} %, more than {:.0} %.",
                100.0 * worst,
                100.0 * WORST_RESIDUAL
            );
        } else {
            self.applies = true;
            self.predict(&points, worst);
        }
        self
    }

    fn predict(&mut self, points: &[Point], worst: f64) {
        let Some(law) = self.coefficients else { return };
        let highest = points.iter().map(|point| point.per_s).fold(0.0, f64::max);
        self.maximum = Some(law.maximum()).filter(|maximum| maximum.per_s <= FARTHEST * highest);
        let measured_to = points.last().map_or(0.0, |point| point.in_flight);
        let prediction = match self.maximum {
            None => "Too nearly in proportion as far as measured to predict a maximum.".to_string(),
            Some(Maximum { per_s: most, in_flight: Some(at) }) => {
                format!("Predicted maximum: {} at {at:.1} in flight (measured up to {measured_to:.1}).", per_s(most))
            }
            Some(Maximum { per_s: most, in_flight: None }) => {
                format!("Predicted limit: {}, approached and never exceeded.", per_s(most))
            }
        };
        self.says = format!(
            "The Universal Scalability Law fits {} points within {:.1} %: contention {:.3}, coherency {}, {} with one \
             request in flight. {prediction}",
            points.len(),
            100.0 * worst,
            law.sigma,
            if law.kappa == 0.0 { "0".to_string() } else { format!("{:.1e}", law.kappa) },
            per_s(law.lambda),
        );
    }
}

/// Why these points, sorted by concurrency, cannot tell three coefficients.
fn too_few(points: &[Point]) -> Option<String> {
    if points.len() < MIN_POINTS {
        return Some(format!(
            "The Universal Scalability Law was not fitted: it needs {MIN_POINTS} usable points, there are {}.",
            points.len()
        ));
    }
    let mut levels = 0;
    let mut last = 0.0;
    for point in points {
        if point.in_flight >= last * LEVEL_FACTOR {
            levels += 1;
            last = point.in_flight;
        }
    }
    (levels < MIN_LEVELS).then(|| {
        format!(
            "The Universal Scalability Law was not fitted: it needs {MIN_LEVELS} different concurrencies, {:.0} % apart, there \
             are {levels}.",
            100.0 * (LEVEL_FACTOR - 1.0)
        )
    })
}
