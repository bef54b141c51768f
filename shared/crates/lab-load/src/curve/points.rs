//! What the panels show: coordinates of steps, and how far the axes go.

use crate::knee::{Knee, Step, Tried, Verdict};

/// Rate and value.
pub(super) type Xy = (f64, f64);

/// What a picture can show: a logarithm has no zero, and axes over more than this take for ever to label.
pub(super) fn drawable(value: f64) -> bool {
    (1e-6..=1e12).contains(&value)
}

fn point(tried: &Tried, value: impl Fn(&Step) -> Option<f64>) -> Option<Xy> {
    value(&tried.step).map(|y| (tried.step.offered_per_s, y)).filter(|(x, y)| drawable(*x) && drawable(*y))
}

/// One value of every step that has it, over what was offered.
pub(super) fn points(knee: &Knee, value: impl Fn(&Step) -> Option<f64>) -> impl Iterator<Item = Xy> {
    knee.tried.iter().filter_map(move |tried| point(tried, &value))
}

/// The same of the steps with one verdict.
pub(super) fn marked(knee: &Knee, verdict: Verdict, value: impl Fn(&Step) -> Option<f64>) -> impl Iterator<Item = Xy> {
    knee.tried.iter().filter(move |tried| tried.verdict == verdict).filter_map(move |tried| point(tried, &value))
}

/// The mean of the valid steps at each rate, by ascending rate.
pub(super) fn means(knee: &Knee, value: &impl Fn(&Step) -> Option<f64>) -> Vec<Xy> {
    let valid = knee.tried.iter().filter(|tried| tried.verdict != Verdict::Discarded);
    let mut by_rate: Vec<(f64, Xy)> =
        valid.filter_map(|tried| Some((tried.rate_per_s, point(tried, value)?))).collect();
    by_rate.sort_by(|a, b| a.0.total_cmp(&b.0));
    let groups = by_rate.chunk_by(|a, b| a.0 == b.0);
    groups
        .map(|group| {
            let sum = group.iter().fold((0.0, 0.0), |sum, (_, at)| (sum.0 + at.0, sum.1 + at.1));
            (sum.0 / group.len() as f64, sum.1 / group.len() as f64)
        })
        .collect()
}

/// The right end of both panels: a little beyond the highest rate.
pub(super) fn rightmost(knee: &Knee) -> f64 {
    let rates = knee.tried.iter().flat_map(|tried| [tried.rate_per_s, tried.step.offered_per_s]);
    1.05 * highest(rates)
}

/// The highest drawable value; 1 where there is none, so that there is something to draw axes for.
pub(super) fn highest(values: impl Iterator<Item = f64>) -> f64 {
    values.filter(|value| drawable(*value)).max_by(f64::total_cmp).unwrap_or(1.0)
}

/// The powers of ten around all values, with some air for the marks.
pub(super) fn decades(values: impl Iterator<Item = f64>) -> Xy {
    const AIR: f64 = 1.25;
    let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    if high == 0.0 {
        return (1.0, 10.0);
    }
    (10f64.powf((low / AIR).log10().floor()), 10f64.powf((high * AIR).log10().ceil()))
}
