//! A worker of the judge: baseline, yours and reference of a kernel lab timed in turns in one process.
//!
//! A worker collects a fixed number of pairs and prints their log ratios; `lab verify` starts fresh workers until the interval is
//! tight enough. Short samples (50 to 200 microseconds) are timed by the wall, because most of them are not preempted; longer
//! ones by the thread's CPU time.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lab_probe::thread_cpu_time;
use lab_results::{Record, stats};
use orderflow::random::SplitMix64;

use crate::kernel::{Function, Kernel};
use crate::program::{behave_as_a_child, emit};

/// Inputs that short samples rotate through, so that no branch predictor learns one of them by heart.
const ROTATED_INPUTS: usize = 32;
/// Pairs of short samples in one worker. Fixed, because starved workers would otherwise give outlier medians.
const SHORT_PAIRS: usize = 200;
/// Rounds of long samples in one worker.
const LONG_ROUNDS: usize = 6;
/// One short sample is repeated until it takes about this long.
const SHORT_SAMPLE: Duration = Duration::from_micros(50);
/// A worker stops collecting short pairs after this long, but not before it has eight.
const PAIRS_CAP: Duration = Duration::from_millis(800);

/// The three programs that are compared.
pub struct Subjects<K: Kernel> {
    /// The pristine lab.
    pub baseline: Function<K>,
    /// The learner's.
    pub yours: Function<K>,
    /// The solution's.
    pub reference: Function<K>,
}

/// The `main` of a judge: `JUDGE SEED WORKER`, one worker. Long samples all use the one input of SEED, because a ratio of different
/// growth depends on the input; short samples rotate through inputs of the worker's own.
pub fn main<K: Kernel>(subjects: &Subjects<K>) -> ExitCode {
    if let Err(error) = behave_as_a_child() {
        emit(&Record::Failed { message: format!("{error:#}") });
        return ExitCode::FAILURE;
    }
    let argument = |n| std::env::args().nth(n).and_then(|argument| argument.parse::<u64>().ok());
    let (seed, worker) = (argument(1).unwrap_or(7), argument(2).unwrap_or(0));
    long_rounds(subjects, &K::input(seed, K::TIMED), worker);
    let seed = seed + 1_000 * worker;
    let inputs: Vec<K::Input> = (0..ROTATED_INPUTS).map(|i| K::input(seed + i as u64, K::PAIRED)).collect();
    short_pairs::<K>("yours / reference", subjects.yours, subjects.reference, &inputs, seed);
    // The same function on both sides: what this machine adds to any ratio right now.
    short_pairs::<K>("reference / reference", subjects.reference, subjects.reference, &inputs, seed);
    ExitCode::SUCCESS
}

fn long_rounds<K: Kernel>(subjects: &Subjects<K>, input: &K::Input, worker: u64) {
    let mut random = SplitMix64::new(worker);
    let (mut over_yours, mut over_reference, mut yours_us) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..LONG_ROUNDS {
        let time = |function: Function<K>| {
            let before = thread_cpu_time();
            black_box(function(black_box(input)));
            (thread_cpu_time() - before).as_secs_f64()
        };
        // The order is drawn anew each round: whoever always followed the baseline would find a cache full of its copies.
        let mut order = [0usize, 1, 2];
        for last in [2, 1] {
            order.swap(last, random.below(last as u64 + 1) as usize);
        }
        let functions = [subjects.baseline, subjects.yours, subjects.reference];
        let mut seconds = [0.0; 3];
        for subject in order {
            seconds[subject] = time(functions[subject]);
        }
        over_yours.push((seconds[0] / seconds[1]).ln());
        over_reference.push((seconds[0] / seconds[2]).ln());
        yours_us.push(seconds[1] * 1e6);
    }
    for (name, log_ratios) in [("baseline / yours", over_yours), ("baseline / reference", over_reference)] {
        emit(&Record::Pairs {
            name: name.into(),
            log_ratios,
            clock: "thread CPU".into(),
            size: K::TIMED as u64,
            sample_us: stats::median(&yours_us).unwrap_or(f64::NAN),
            preempted: 0,
        });
    }
}

fn short_pairs<K: Kernel>(name: &str, a: Function<K>, b: Function<K>, inputs: &[K::Input], seed: u64) {
    let mut random = SplitMix64::new(seed);
    let sample = |function: Function<K>, input: &K::Input, repeats: u32| {
        let (wall, cpu) = (Instant::now(), thread_cpu_time());
        for _ in 0..repeats {
            black_box(function(black_box(input)));
        }
        (wall.elapsed().as_secs_f64(), (thread_cpu_time() - cpu).as_secs_f64())
    };
    let quickest = (0..6).map(|i| sample(b, &inputs[i], 1).0).fold(f64::INFINITY, f64::min);
    let repeats = (SHORT_SAMPLE.as_secs_f64() / quickest).clamp(1.0, 1e6) as u32;
    let (mut log_ratios, mut b_us, mut preempted) = (Vec::new(), Vec::new(), 0);
    let started = Instant::now();
    while log_ratios.len() < SHORT_PAIRS && (log_ratios.len() < 8 || started.elapsed() < PAIRS_CAP) {
        // Blocks of AB BA or BA AB, drawn at random: a drift within the block cancels.
        let first_is_a = random.below(2) == 0;
        for a_first in [first_is_a, !first_is_a] {
            let input = &inputs[random.below(inputs.len() as u64) as usize];
            let (of_a, of_b) = if a_first {
                let of_a = sample(a, input, repeats);
                (of_a, sample(b, input, repeats))
            } else {
                let of_b = sample(b, input, repeats);
                (sample(a, input, repeats), of_b)
            };
            log_ratios.push((of_a.0 / of_b.0).ln());
            b_us.push(of_b.0 * 1e6);
            // A thread that was switched off has wall time without CPU time.
            preempted += [of_a, of_b].iter().filter(|(wall, cpu)| wall - cpu > 0.2 * wall).count() as u64;
        }
    }
    emit(&Record::Pairs {
        name: name.into(),
        log_ratios,
        clock: "wall".into(),
        size: K::PAIRED as u64,
        sample_us: stats::median(&b_us).unwrap_or(f64::NAN),
        preempted,
    });
}
