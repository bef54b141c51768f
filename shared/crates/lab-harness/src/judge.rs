//! A worker of the judge: original, yours and reference of a kernel lab timed in turns in one process.
//!
//! A worker collects the samples of one comparison and prints their log ratios; `lab verify` starts fresh workers until the interval
//! decides. What is short enough is compared in pairs by the wall ([`crate::pairing`]); the size at which the fault hurts takes
//! the broken program too long for that, so there the process's CPU time is compared. Every sample's answer is held against the
//! contract: a time of a wrong answer is none.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab_results::gate::counted;

use crate::kernel::{Function, Kernel, Subject, Wrong};
use crate::pairing::{Clock, Sampling, Side, Sides, collect};
use crate::program::{answer, emit};

/// Pairs at the size that hurts, in one worker.
const LARGE_PAIRS: usize = 6;
/// The broken program is compared with yours at a size at which it takes no longer than this.
const SMALL: Duration = Duration::from_micros(80);

/// The three programs that are compared.
pub struct Subjects<K: Kernel> {
    /// The pristine lab.
    pub original: Function<K>,
    /// The learner's.
    pub yours: Function<K>,
    /// The solution's.
    pub reference: Function<K>,
}

/// The `main` of a judge: `JUDGE COMPARISON SEED WORKER`, one worker of one comparison.
///
/// - `large` is original / yours and `goal` original / reference, at the size that hurts. All workers take the one input of SEED,
///   because a ratio of different growth depends on the input;
/// - `small` is original / yours at a size that is short enough for short samples;
/// - `paired` is reference / yours;
/// - `noise` is reference / reference, which is what this machine adds to any ratio now.
pub fn main<K: Kernel>(subjects: &Subjects<K>) -> ExitCode {
    answer(|arguments| compare(subjects, &arguments))
}

fn compare<K: Kernel>(subjects: &Subjects<K>, arguments: &[String]) -> Result<()> {
    let [comparison, seed, worker] = arguments else { bail!("JUDGE COMPARISON SEED WORKER") };
    let seed: u64 = seed.parse().context("SEED is not a number")?;
    let worker: u64 = worker.parse().context("WORKER is not a number")?;
    let Subjects { original, yours, reference } = *subjects;
    let (name, first, second, size) = match comparison.as_str() {
        "large" => ("original / yours", original, yours, K::TIMED),
        "goal" => ("original / reference", original, reference, K::TIMED),
        "small" => ("original / yours", original, yours, small_size::<K>(original, seed)),
        "paired" => ("reference / yours", reference, yours, K::PAIRED),
        "noise" => ("reference / reference", reference, reference, K::PAIRED),
        unknown => bail!("unknown comparison `{unknown}`"),
    };
    let fresh = seed + 1_000 * (worker + 1);
    let is_at_full_size = matches!(comparison.as_str(), "large" | "goal");
    let (sampling, seed) = if is_at_full_size {
        let clock = Some(Clock::ProcessCpu);
        (Sampling { inputs: 1, pairs: LARGE_PAIRS, clock, ..Sampling::new(fresh) }, seed)
    } else {
        (Sampling::new(fresh), fresh)
    };
    let inputs: Vec<K::Input> = (0..sampling.inputs).map(|i| K::input(seed + i as u64, size)).collect();
    let mut held = Held::<K> {
        subjects: [first, second].map(Subject::new),
        expected: inputs.iter().map(K::expected).collect(),
        small: (inputs.len() == 1).then(|| K::input(fresh, 1)),
        inputs,
        answers: [None, None],
        wrong: None,
        case: format!("timed at {}", counted(size as u64, K::UNIT)),
    };
    let pairs = collect(&sampling, &mut held);
    match held.wrong {
        Some(wrong) => emit(&wrong.record()),
        None => pairs.emit(name, size as u64, K::UNIT),
    }
    Ok(())
}

/// Two functions whose answers are held against the contract after each sample, when no clock is running.
struct Held<K: Kernel> {
    subjects: [Subject<K>; 2],
    inputs: Vec<K::Input>,
    expected: Vec<K::Output>,
    /// Where there is one input only, this one stands before it each time: what is remembered of the last input is of no use.
    small: Option<K::Input>,
    /// The last one of each side.
    answers: [Option<K::Output>; 2],
    /// The first wrong one.
    wrong: Option<Wrong>,
    case: String,
}

impl<K: Kernel> Sides for &mut Held<K> {
    fn run(&mut self, side: Side, input: usize) {
        let side = usize::from(side == Side::Second);
        if let Some(small) = &self.small {
            black_box(self.subjects[side].call(small));
        }
        // The answer before this one is dropped meanwhile: to give an answer's memory back is part of the work.
        self.answers[side] = Some(self.subjects[side].call(&self.inputs[input]));
    }

    fn look(&mut self, side: Side, input: usize) {
        let side = usize::from(side == Side::Second);
        if self.wrong.is_some() || self.answers[side].as_ref() == Some(&self.expected[input]) {
            return;
        }
        if let Some(answer) = self.answers[side].take() {
            self.wrong = self.subjects[side].hold(self.case.clone(), &self.inputs[input], answer).err();
        }
    }
}

/// Halves the size until the original is quick enough for short samples. The same for all workers of a run, but for a machine so
/// busy that six runs in a row were preempted.
fn small_size<K: Kernel>(original: Function<K>, seed: u64) -> usize {
    let mut size = K::PAIRED;
    while size > 1 {
        let input = K::input(seed, size);
        let quickest = (0..6).map(|_| {
            let started = Instant::now();
            black_box(original(black_box(&input)));
            started.elapsed()
        });
        if quickest.min().is_some_and(|quickest| quickest <= SMALL) {
            break;
        }
        size /= 2;
    }
    size
}
