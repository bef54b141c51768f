//! A worker of the judge: baseline, yours and reference of a kernel lab timed in turns in one process.
//!
//! A worker collects the samples of one comparison and prints their log ratios; `lab verify` starts fresh workers until the interval
//! decides. What is short enough is compared in pairs by the wall ([`crate::pairing`]); the size at which the fault hurts takes
//! the broken program too long for that, so there the thread's CPU time is compared.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab_results::Record;

use crate::kernel::{Function, Kernel};
use crate::pairing::{Clock, Sampling, Side, collect};
use crate::program::{behave_as_a_child, emit};

/// Pairs at the size that hurts, in one worker.
const LARGE_PAIRS: usize = 6;
/// The broken program is compared with yours at a size at which it takes no longer than this.
const SMALL: Duration = Duration::from_micros(80);

/// The three programs that are compared.
pub struct Subjects<K: Kernel> {
    /// The pristine lab.
    pub baseline: Function<K>,
    /// The learner's.
    pub yours: Function<K>,
    /// The solution's.
    pub reference: Function<K>,
}

/// The `main` of a judge: `JUDGE COMPARISON SEED WORKER`, one worker of one comparison.
///
/// - `large` is baseline / yours and `goal` baseline / reference, at the size that hurts. All workers take the one input of SEED,
///   because a ratio of different growth depends on the input;
/// - `small` is baseline / yours at a size that is short enough for short samples;
/// - `paired` is reference / yours;
/// - `noise` is reference / reference, which is what this machine adds to any ratio now.
pub fn main<K: Kernel>(subjects: &Subjects<K>) -> ExitCode {
    match behave_as_a_child().and_then(|()| compare(subjects)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            emit(&Record::Failed { message: format!("{error:#}") });
            ExitCode::FAILURE
        }
    }
}

fn compare<K: Kernel>(subjects: &Subjects<K>) -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [comparison, seed, worker] = arguments.as_slice() else { bail!("JUDGE COMPARISON SEED WORKER") };
    let seed: u64 = seed.parse().context("SEED is not a number")?;
    let worker: u64 = worker.parse().context("WORKER is not a number")?;
    let Subjects { baseline, yours, reference } = *subjects;
    let (name, first, second, size) = match comparison.as_str() {
        "large" => ("baseline / yours", baseline, yours, K::TIMED),
        "goal" => ("baseline / reference", baseline, reference, K::TIMED),
        "small" => ("baseline / yours", baseline, yours, small_size::<K>(baseline, seed)),
        "paired" => ("reference / yours", reference, yours, K::PAIRED),
        "noise" => ("reference / reference", reference, reference, K::PAIRED),
        unknown => bail!("unknown comparison `{unknown}`"),
    };
    let fresh = seed + 1_000 * (worker + 1);
    let is_at_full_size = matches!(comparison.as_str(), "large" | "goal");
    let (sampling, seed) = if is_at_full_size {
        let clock = Some(Clock::ThreadCpu);
        (Sampling { inputs: 1, pairs: LARGE_PAIRS, clock, ..Sampling::new(fresh) }, seed)
    } else {
        (Sampling::new(fresh), fresh)
    };
    let inputs: Vec<K::Input> = (0..sampling.inputs).map(|i| K::input(seed + i as u64, size)).collect();
    let pairs = collect(&sampling, |side, input| {
        let function = if side == Side::First { first } else { second };
        black_box(function(black_box(&inputs[input])));
    });
    pairs.emit(name, size as u64);
    Ok(())
}

/// Halves the size until the baseline is quick enough for short samples. The same for all workers of a run, but for a machine so
/// busy that six runs in a row were preempted.
fn small_size<K: Kernel>(baseline: Function<K>, seed: u64) -> usize {
    let mut size = K::PAIRED;
    while size > 1 {
        let input = K::input(seed, size);
        let quickest = (0..6).map(|_| {
            let started = Instant::now();
            black_box(baseline(black_box(&input)));
            started.elapsed()
        });
        if quickest.min().is_some_and(|quickest| quickest <= SMALL) {
            break;
        }
        size /= 2;
    }
    size
}
