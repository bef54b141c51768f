//! Two ways of doing the same work, timed in turns: many short samples, in pairs, over changing inputs.
//!
//! Why so (figures: the book, measuring-examined.md): what the machine does to one sample it mostly does to its neighbour, so the ratio of a
//! pair is steadier than either; a sample of 50 to 200 microseconds is rarely preempted; an order drawn at random in blocks of
//! `AB BA` cancels a drift; inputs that change keep a branch predictor from learning one of them by heart.

use std::time::{Duration, Instant};

use lab_probe::{process_cpu_time, thread_cpu_time};
use lab_results::{Record, WallPairs, stats};
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
    /// CPU time of all threads of the process: stands still while they are preempted, and not while another thread works for the
    /// calling one.
    ProcessCpu,
}

impl Clock {
    fn as_str(self) -> &'static str {
        match self {
            Clock::Wall => "wall",
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
    /// The clock; where none is given, the wall for work of at most 200 microseconds, and for longer work the CPU time of the process.
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
    /// Medians of one run of each side, in microseconds.
    pub medians_us: [f64; 2],
    /// Samples during which the thread was off its processor for a fifth of the time or more. Not known where it waits for others.
    pub preempted: Option<u64>,
    /// The same samples by the wall, where another clock was read.
    pub wall: Option<WallPairs>,
}

impl Pairs {
    /// Prints them as a record.
    pub fn emit(self, name: &str, size: u64, size_unit: &str) {
        emit(&Record::Pairs {
            name: name.into(),
            log_ratios: self.log_ratios,
            clock: self.clock.as_str().into(),
            size,
            size_unit: size_unit.into(),
            medians_us: self.medians_us,
            preempted: self.preempted,
            wall: self.wall,
        });
    }
}

/// Both sides of a comparison. A closure that runs them is enough where nobody looks at answers.
pub trait Sides {
    /// Does a side's work once, on the input of that number.
    fn run(&mut self, side: Side, input: usize);
    /// Looks at what a sample of [`run`](Self::run) brought, while no clock is running. `input` is that of its last run.
    fn look(&mut self, _side: Side, _input: usize) {}
}

impl<F: FnMut(Side, usize)> Sides for F {
    fn run(&mut self, side: Side, input: usize) {
        self(side, input);
    }
}

/// Seconds of one run by the clock that was asked for and by the wall, and whether it was preempted.
struct Sample {
    seconds: f64,
    wall_seconds: f64,
    is_preempted: bool,
}

/// Runs a side `repeats` times, each time on the next input: what it remembers of the last one is of no use.
///
/// One copy of it for both sides: two, each compiled for its side, would lie at two places, and differ by that.
#[inline(never)]
fn sample(clock: Clock, repeats: u32, inputs: usize, sides: &mut impl Sides, side: Side, input: usize) -> Sample {
    let process = matches!(clock, Clock::ProcessCpu).then(process_cpu_time);
    let (wall, cpu) = (Instant::now(), thread_cpu_time());
    for repeat in 0..repeats as usize {
        sides.run(side, (input + repeat) % inputs);
    }
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), (thread_cpu_time() - cpu).as_secs_f64());
    let seconds = process.map_or(wall, |before| (process_cpu_time() - before).as_secs_f64());
    // A clock that did not move saw less than its shortest step.
    let [seconds, wall_seconds] = [seconds, wall].map(|seconds| seconds.max(1e-9) / f64::from(repeats));
    sides.look(side, (input + repeats as usize - 1) % inputs);
    // A thread that was switched off has wall time without CPU time.
    Sample { seconds, wall_seconds, is_preempted: wall - cpu > 0.2 * wall }
}

/// What a few runs of each side tell before anything is sampled.
struct Trial {
    /// Shortest wall time of one run of each side, in seconds.
    shortest: [f64; 2],
    /// Whether other threads work too: then the calling thread's CPU time does not tell whether it was preempted.
    is_parallel: bool,
}

fn trial(sampling: &Sampling, sides: &mut impl Sides) -> Trial {
    let mut shortest = [f64::INFINITY; 2];
    let (process, thread) = (process_cpu_time(), thread_cpu_time());
    for i in 0..TRIAL_RUNS.min(sampling.pairs / 3) {
        for (side, shortest) in [Side::First, Side::Second].into_iter().zip(&mut shortest) {
            let input = i % sampling.inputs;
            *shortest = shortest.min(sample(Clock::Wall, 1, sampling.inputs, sides, side, input).seconds);
        }
    }
    let (process, thread) = (process_cpu_time() - process, thread_cpu_time() - thread);
    Trial { shortest, is_parallel: process.as_secs_f64() > 1.5 * thread.as_secs_f64() }
}

/// The clock for work of so many seconds.
fn clock_for(quicker: f64) -> Clock {
    if quicker <= LONGEST_WALL_SAMPLE.as_secs_f64() { Clock::Wall } else { Clock::ProcessCpu }
}

/// Runs in a sample of each side, from the seconds of one run. The same for both, set by the quicker one; where they differ so much that
/// the slower one's sample would become long, each has its own.
fn repeats(shortest: [f64; 2]) -> [u32; 2] {
    let fill = |seconds: f64| (SHORTEST_SAMPLE.as_secs_f64() / seconds.max(1e-9)).ceil().clamp(1.0, 1e6);
    let [quicker, slower] = [shortest[0].min(shortest[1]), shortest[0].max(shortest[1])];
    let common = fill(quicker);
    if common * slower <= 4.0 * SHORTEST_SAMPLE.as_secs_f64() {
        return [common as u32; 2];
    }
    shortest.map(|seconds| fill(seconds) as u32)
}

/// Times both sides in turns.
pub fn collect(sampling: &Sampling, mut sides: impl Sides) -> Pairs {
    let Trial { shortest, is_parallel } = trial(sampling, &mut sides);
    // The quicker side picks the clock: a slower one is so much longer that nobody needs its last percent.
    let clock = sampling.clock.unwrap_or_else(|| clock_for(shortest[0].min(shortest[1])));
    let cap = if clock == Clock::Wall { WALL_CAP } else { CPU_CAP };
    let repeats = repeats(shortest);

    let mut random = SplitMix64::new(sampling.seed);
    let (mut log_ratios, mut us, mut preempted) = (Vec::new(), [Vec::new(), Vec::new()], 0);
    let (mut wall_log_ratios, mut wall_us) = (Vec::new(), [Vec::new(), Vec::new()]);
    let started = Instant::now();
    while log_ratios.len() < sampling.pairs && (log_ratios.len() < FEWEST_PAIRS || started.elapsed() < cap) {
        let starts = random.below(2) == 0;
        for first_is_first in [starts, !starts] {
            let input = random.below(sampling.inputs as u64) as usize;
            let mut turn = |side| {
                let repeats = repeats[usize::from(side == Side::Second)];
                sample(clock, repeats, sampling.inputs, &mut sides, side, input)
            };
            let (first, second) = if first_is_first {
                let first = turn(Side::First);
                (first, turn(Side::Second))
            } else {
                let second = turn(Side::Second);
                (turn(Side::First), second)
            };
            log_ratios.push((first.seconds / second.seconds).ln());
            // Nothing between two samples that is not needed: it would be in the caches of the next one.
            if clock != Clock::Wall {
                wall_log_ratios.push((first.wall_seconds / second.wall_seconds).ln());
                wall_us[0].push(first.wall_seconds * 1e6);
                wall_us[1].push(second.wall_seconds * 1e6);
            }
            for (sample, us) in [first, second].into_iter().zip(&mut us) {
                us.push(sample.seconds * 1e6);
                preempted += u64::from(sample.is_preempted);
            }
        }
    }
    let medians = |us: [Vec<f64>; 2]| us.map(|us| stats::median(&us).unwrap_or(f64::NAN));
    let wall = WallPairs { log_ratios: wall_log_ratios, medians_us: medians(wall_us) };
    Pairs {
        log_ratios,
        clock,
        medians_us: medians(us),
        preempted: (!is_parallel).then_some(preempted),
        wall: (clock != Clock::Wall).then_some(wall),
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
    fn the_length_of_the_work_picks_the_clock_and_a_given_clock_is_kept() {
        assert_eq!(clock_for(200e-6), Clock::Wall);
        assert_eq!(clock_for(201e-6), Clock::ProcessCpu);
        let given = Sampling { clock: Some(Clock::ProcessCpu), ..Sampling::new(1) };
        assert_eq!(collect(&given, |_, _| spin(100)).clock, Clock::ProcessCpu);
    }

    #[test]
    fn a_side_that_takes_no_time_does_not_multiply_the_other() {
        // 50 ms beside 20 ns: one run of the first, not 2,500 of them.
        assert_eq!(repeats([50e-3, 20e-9]), [1, 2_500]);
        assert_eq!(repeats([20e-9, 50e-3]), [2_500, 1]);
        assert_eq!(repeats([80e-6, 0.0]), [1, 50_000]);
        // Alike: both the same, so that one's clock is read as often as the other's.
        assert_eq!(repeats([10e-6, 12e-6]), [5, 5]);
        assert_eq!(repeats([60e-6, 190e-6]), [1, 1]);
    }

    #[test]
    fn no_input_comes_twice_in_a_row_and_every_sample_is_looked_at() {
        struct Seen(Vec<(Side, usize)>, usize);
        impl Sides for Seen {
            fn run(&mut self, side: Side, input: usize) {
                self.0.push((side, input));
                spin(200);
            }
            fn look(&mut self, side: Side, input: usize) {
                assert_eq!(self.0.last(), Some(&(side, input)));
                self.1 += 1;
            }
        }
        let mut looked = Seen(Vec::new(), 0);
        sample(Clock::Wall, 50, 64, &mut looked, Side::First, 60);
        assert!(looked.0.windows(2).all(|pair| pair[0].1 != pair[1].1));
        assert_eq!((looked.0.len(), looked.1), (50, 1));
    }
}
