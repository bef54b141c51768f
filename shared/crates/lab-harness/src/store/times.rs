//! How long answers take.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Result;
use lab_results::stats;

use super::opened::Opened;
use super::{Function, Named, Store};

/// A turn is as many calls of each size as fit, and at least one: what is quick needs more of them for a steady median.
const TURN: Duration = Duration::from_millis(12);

/// The times of a subject's calls in milliseconds, by size.
pub(super) type TimesMs = Vec<Vec<f64>>;

/// Calls the subject for every size. Each answer is handed on when its clock has stopped, with the place of its size.
pub(super) fn take_turn<S: Store>(
    opened: &Opened,
    function: Function<S>,
    sizes: &[usize],
    answered: impl Fn(usize, S::Answer) -> Result<()>,
) -> Result<TimesMs> {
    let mut all = Vec::new();
    for (at, &size) in sizes.iter().enumerate() {
        let (turn, mut times_ms) = (Instant::now(), Vec::new());
        while turn.elapsed() < TURN {
            let started = Instant::now();
            let answer = black_box(opened.call::<S>(function, S::input(size))?);
            times_ms.push(started.elapsed().as_secs_f64() * 1e3);
            answered(at, answer)?;
            opened.settle();
        }
        all.push(times_ms);
    }
    Ok(all)
}

/// One for each size.
pub(super) fn medians_ms(times_ms: &TimesMs) -> Vec<f64> {
    times_ms.iter().map(|times_ms| stats::median(times_ms).unwrap_or(f64::NAN)).collect()
}

/// Opens connections and prepares statements.
pub(super) fn warm_up<S: Store>(
    opened: &Opened,
    function: Function<S>,
    sizes: &[usize],
    answered: impl Fn(usize, S::Answer) -> Result<()>,
) -> Result<()> {
    for (at, &size) in sizes.iter().enumerate() {
        answered(at, opened.call::<S>(function, S::input(size))?)?;
        opened.settle();
    }
    Ok(())
}

/// Median times by subject and size, whatever the answers. In turns, so that a busy moment of the machine hits all of them.
pub(super) fn compare<S: Store>(
    opened: &Opened,
    subjects: &[Named<S>],
    sizes: &[usize],
    turns: usize,
) -> Result<Vec<Vec<f64>>> {
    subjects.iter().try_for_each(|&(_, function)| warm_up::<S>(opened, function, sizes, |_, _| Ok(())))?;
    let mut all: Vec<TimesMs> = vec![vec![Vec::new(); sizes.len()]; subjects.len()];
    for _ in 0..turns {
        for (times_ms, &(_, function)) in all.iter_mut().zip(subjects) {
            let turn = take_turn::<S>(opened, function, sizes, |_, _| Ok(()))?;
            times_ms.iter_mut().zip(turn).for_each(|(all, more)| all.extend(more));
        }
    }
    Ok(all.iter().map(medians_ms).collect())
}
