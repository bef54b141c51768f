//! Least squares for the law, by the solver that the crate usl wraps. That crate cuts concurrency to whole numbers: from a fast
//! service, with less than one request in flight, it returns the guess that it started from, and it panics where it finds nothing.

use super::{Coefficients, Point};
use rmpfit::{MPFitter, MPPar, MPResult, MPSuccess};

struct Problem<'a> {
    points: &'a [Point],
    /// Throughputs are divided by it, so that all coefficients are of the same order.
    unit_per_s: f64,
}

impl MPFitter for Problem<'_> {
    fn eval(&mut self, parameters: &[f64], deviates: &mut [f64]) -> MPResult<()> {
        let law = Coefficients { sigma: parameters[0], kappa: parameters[1], lambda: parameters[2] };
        for (deviate, point) in deviates.iter_mut().zip(self.points) {
            let observed = point.per_s / self.unit_per_s;
            *deviate = (observed - law.throughput_per_s(point.in_flight)) / observed;
        }
        Ok(())
    }

    fn number_of_points(&self) -> usize {
        self.points.len()
    }

    fn parameters(&self) -> &[MPPar] {
        const FREE: MPPar = MPPar::new();
        const NOT_NEGATIVE: MPPar = MPPar { limited_low: true, ..FREE };
        const SHARE: MPPar = MPPar { limited_up: true, limit_up: 1.0, ..NOT_NEGATIVE };
        &[SHARE, NOT_NEGATIVE, NOT_NEGATIVE]
    }
}

/// The best coefficients, by Levenberg and Marquardt; none where they do not settle.
pub(super) fn solve(points: &[Point]) -> Option<Coefficients> {
    let unit_per_s = points.iter().map(|point| point.per_s / point.in_flight).fold(0.0, f64::max);
    let mut found = [0.1, 0.001, 1.0];
    let status = Problem { points, unit_per_s }.mpfit(&mut found).ok()?;
    let [sigma, kappa, lambda] = found;
    let law = Coefficients { sigma, kappa, lambda: lambda * unit_per_s };
    let settled = !matches!(status.success, MPSuccess::NotDone | MPSuccess::MaxIter);
    (settled && [sigma, kappa, law.lambda].iter().all(|x| x.is_finite()) && law.lambda > 0.0).then_some(law)
}
