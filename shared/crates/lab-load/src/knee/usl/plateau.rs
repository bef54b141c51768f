//! The hard limit: what the law must not be fitted to.

use super::Point;

/// Throughput that grows in proportion and then stands still.
pub(super) struct Plateau {
    pub per_s: f64,
    /// Concurrencies between which it stands still.
    pub from: f64,
    pub to: f64,
    /// Sum of the squared relative residuals.
    pub squares: f64,
}

/// The best X(N) = min(aN, C), the bounds of operational analysis (Denning and Buzen, 1978); none where no two points or more
/// stand still over a factor of 1.5 in concurrency. With one coefficient less than the law it has to fit better to be believed.
pub(super) fn plateau(points: &[Point]) -> Option<Plateau> {
    let candidates = (2..points.len().saturating_sub(1)).filter_map(|split| {
        let (rising, still) = points.split_at(split);
        let slopes: Vec<f64> = rising.iter().map(|point| point.per_s / point.in_flight).collect();
        let slope = relative_mean(&slopes);
        let limit = relative_mean(&still.iter().map(|point| point.per_s).collect::<Vec<_>>());
        let miss = |point: &Point| 1.0 - (slope * point.in_flight).min(limit) / point.per_s;
        let squares = points.iter().map(|point| miss(point).powi(2)).sum();
        let (from, to) = (still.first()?.in_flight, still.last()?.in_flight);
        (to >= 1.5 * from).then_some(Plateau { per_s: limit, from, to, squares })
    });
    candidates.min_by(|a, b| a.squares.total_cmp(&b.squares))
}

/// The constant with the least squares of relative residuals.
fn relative_mean(values: &[f64]) -> f64 {
    values.iter().map(|x| x.recip()).sum::<f64>() / values.iter().map(|x| x.powi(-2)).sum::<f64>()
}
