//! Two ways of doing the same work, timed in turns: many short samples, in pairs, over changing inputs.
//!
//! Why so (measurement.md has the figures): what the machine does to one sample it mostly does to its neighbour, so the ratio of a
//! pair is steadier than either; a sample of 50 to 200 microseconds is rarely preempted; an order drawn at random in blocks of
//! `AB BA` cancels a drift; inputs that change keep a branch predictor from learning one of them by heart.

use std::time::{Duration, Instant};

use lab_probe::{process_cpu_time, thread_cpu_time};
use lab_results::{Record, stats};
use orderflow::random::SplitMix64;

use crate::program::emit;

/// Inputs to rotate through.
pub const INPUTS: usize = 64;
/// Pairs from one process. Fixed, because a process that is starved would otherwise bring few and odd ones.
const PAIRS: usize = 200;
/// A sample repeats its work until it takes at least this long.
const SHORTEST_SAMPLE: Duration = Duration::from_micros(50);
/// Work that takes longer than this is preempted too often to be timed by the wall.
const LONGEST_WALL_SAMPLE: Duration = Duration::from_micros(200);
/// No further pairs after this long, but never fewer than [`FEWEST_PAIRS`].
const WALL_CAP: Duration = Duration::from_millis(800);
/// The same for samples that are timed by CPU time.
const CPU_CAP: Duration = Duration::from_millis(2_000);
/// So few pairs are taken however long they last.
const FEWEST_PAIRS: usize = 8;
/// Runs of each side that tell how long one takes, and that warm both up; fewer where few pairs are asked for.
const TRIAL_RUNS: usize = 6;

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first of the ratio.
    First,
    /// The second.
    Second,
}

/// What a sample is timed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Wall time.
    Wall,
    /// CPU time of the calling thread: stands still while the thread is preempted, and while another works for it.
    ThreadCpu,
    /// CPU time of all threads of the process.
    ProcessCpu,
}

impl Clock {
    fn as_str(self) -> &'static str {
        match self {
            Clock::Wall => "wall",
            Clock::ThreadCpu => "thread CPU",
            Clock::ProcessCpu => "process CPU",
        }
    }
}

/// How to sample.
#[derive(Debug, Clone)]
pub struct Sampling {
    /// Numbers of the inputs run from 0 to this, exclusive.
    pub inputs: usize,
    /// Pairs to take, where time allows; an even number.
    pub pairs: usize,
    /// Order of the turns and of the inputs.
    pub seed: u64,
    /// The clock; where none is given, the wall for work of at most 200 microseconds, and for longer work the CPU time of the
    /// thread, or of the process where other threads work too.
    pub clock: Option<Clock>,
}

impl Sampling {
    /// All inputs, and a clock that suits the work.
    pub fn new(seed: u64) -> Self {
        Sampling { inputs: INPUTS, pairs: PAIRS, seed, clock: None }
    }
}

/// Pairs of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    /// `ln(first / second)` of each pair.
    pub log_ratios: Vec<f64>,
    /// What was read.
    pub clock: Clock,
    /// Medians of one sample of each side, in microseconds.
    pub medians_us: [f64; 2],
    /// Samples during which the thread was off its processor for a fifth of the time or more. Not known where it waits for others.
    pub preempted: Option<u64>,
}

impl Pairs {
    /// Prints them as a record.
    pub fn emit(self, name: &str, size: u64) {
        emit(&Record::Pairs {
            name: name.into(),
            log_ratios: self.log_ratios,
            clock: self.clock.as_str().into(),
            size,
            medians_us: self.medians_us,
            preempted: self.preempted,
        });
    }
}

/// Seconds of one sample by the clock that was asked for, and whether it was preempted.
struct Sample {
    seconds: f64,
    is_preempted: bool,
}

fn sample(clock: Clock, repeats: u32, mut work: impl FnMut()) -> Sample {
    let process = matches!(clock, Clock::ProcessCpu).then(process_cpu_time);
    let (wall, cpu) = (Instant::now(), thread_cpu_time());
    for _ in 0..repeats {
        work();
    }
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), (thread_cpu_time() - cpu).as_secs_f64());
    let seconds = match (clock, process) {
        (Clock::ProcessCpu, Some(before)) => (process_cpu_time() - before).as_secs_f64(),
        (Clock::ThreadCpu, _) => cpu,
        _ => wall,
    };
    // A thread that was switched off has wall time without CPU time.
    Sample { seconds, is_preempted: wall - cpu > 0.2 * wall }
}

/// What a few runs of each side tell before anything is sampled.
struct Trial {
    /// Shortest wall time of one run of the quicker side, in seconds.
    quicker: f64,
    /// Whether other threads work too: then the calling thread's CPU time says nothing.
    is_parallel: bool,
}

fn trial(sampling: &Sampling, run: &mut impl FnMut(Side, usize)) -> Trial {
    let mut quicker = f64::INFINITY;
    let (process, thread) = (process_cpu_time(), thread_cpu_time());
    for i in 0..TRIAL_RUNS.min(sampling.pairs / 3) {
        for side in [Side::First, Side::Second] {
            quicker = quicker.min(sample(Clock::Wall, 1, || run(side, i % sampling.inputs)).seconds);
        }
    }
    let (process, thread) = (process_cpu_time() - process, thread_cpu_time() - thread);
    Trial { quicker, is_parallel: process.as_secs_f64() > 1.5 * thread.as_secs_f64() }
}

/// The clock for work of so many seconds that other threads take part in, or not.
fn clock_for(quicker: f64, is_parallel: bool) -> Clock {
    match (quicker <= LONGEST_WALL_SAMPLE.as_secs_f64(), is_parallel) {
        (true, _) => Clock::Wall,
        (false, false) => Clock::ThreadCpu,
        (false, true) => Clock::ProcessCpu,
    }
}

/// Times both sides in turns. `run(side, input)` does a side's work once, on the input of that number.
pub fn collect(sampling: &Sampling, mut run: impl FnMut(Side, usize)) -> Pairs {
    // The quicker side sets the length: a slower one is so much longer that nobody needs its last percent.
    let Trial { quicker, is_parallel } = trial(sampling, &mut run);
    let clock = sampling.clock.unwrap_or_else(|| clock_for(quicker, is_parallel));
    let cap = if clock == Clock::Wall { WALL_CAP } else { CPU_CAP };
    let repeats = (SHORTEST_SAMPLE.as_secs_f64() / quicker).ceil().clamp(1.0, 1e6) as u32;

    let mut random = SplitMix64::new(sampling.seed);
    let (mut log_ratios, mut us, mut preempted) = (Vec::new(), [Vec::new(), Vec::new()], 0);
    let started = Instant::now();
    while log_ratios.len() < sampling.pairs && (log_ratios.len() < FEWEST_PAIRS || started.elapsed() < cap) {
        let starts = random.below(2) == 0;
        for first_is_first in [starts, !starts] {
            let input = random.below(sampling.inputs as u64) as usize;
            let mut turn = |side| sample(clock, repeats, || run(side, input));
            let (first, second) = if first_is_first {
                let first = turn(Side::First);
                (first, turn(Side::Second))
            } else {
                let second = turn(Side::Second);
                (turn(Side::First), second)
            };
            log_ratios.push((first.seconds / second.seconds).ln());
            for (sample, us) in [first, second].into_iter().zip(&mut us) {
                us.push(sample.seconds * 1e6);
                preempted += u64::from(sample.is_preempted);
            }
        }
    }
    Pairs {
        log_ratios,
        clock,
        medians_us: us.map(|us| stats::median(&us).unwrap_or(f64::NAN)),
        preempted: (!is_parallel).then_some(preempted),
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    fn spin(n: u64) {
        let mut x = 1u64;
        for i in 0..n {
            x = black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(i));
        }
    }

    #[test]
    fn both_sides_take_turns_on_the_same_inputs_and_every_input_is_used() {
        let mut calls = Vec::new();
        let pairs = collect(&Sampling::new(3), |side, input| {
            calls.push((side, input));
            spin(60_000);
        });
        assert_eq!(pairs.log_ratios.len() % 2, 0);
        assert!(pairs.log_ratios.len() >= FEWEST_PAIRS);
        let of = |wanted: Side| {
            let mut inputs: Vec<usize> =
                calls.iter().filter(|(side, _)| *side == wanted).map(|(_, input)| *input).collect();
            inputs.sort_unstable();
            inputs
        };
        assert_eq!(of(Side::First), of(Side::Second));
    }

    #[test]
    fn the_length_of_the_work_and_its_threads_pick_the_clock_and_a_given_clock_is_kept() {
        assert_eq!(clock_for(200e-6, false), Clock::Wall);
        assert_eq!(clock_for(200e-6, true), Clock::Wall);
        assert_eq!(clock_for(201e-6, false), Clock::ThreadCpu);
        assert_eq!(clock_for(201e-6, true), Clock::ProcessCpu);
        let given = Sampling { clock: Some(Clock::ProcessCpu), ..Sampling::new(1) };
        assert_eq!(collect(&given, |_, _| spin(100)).clock, Clock::ProcessCpu);
    }

    #[test]
    fn four_times_the_work_has_a_ratio_of_its_order() {
        // Loose on purpose: how exact the ratio is belongs to `lab dev measure-judge`, not to a test.
        let work = |side, _| spin(if side == Side::First { 80_000 } else { 20_000 });
        let pairs = collect(&Sampling { clock: Some(Clock::ThreadCpu), ..Sampling::new(5) }, work);
        let ratio = stats::median(&pairs.log_ratios).expect("there are pairs").exp();
        assert!((2.0..8.0).contains(&ratio), "{ratio}");
    }
}
