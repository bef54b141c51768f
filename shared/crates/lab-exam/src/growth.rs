//! Work of known growth: exact step counts, and the shortest wall time at each size.

use std::hint::black_box;
use std::time::{Duration, Instant};

use lab_harness::emit;
use lab_harness::results::{Counts, Record};
use orderflow::random::SplitMix64;

/// Sizes, each twice the one before.
const SIZES: [usize; 8] = [32, 64, 128, 256, 512, 1_024, 2_048, 4_096];
/// Rounds over all sizes, after one that tells how long each takes; the shortest time of a size is kept.
const ROUNDS: usize = 9;

/// A sample repeats its work until it takes about this long, or a clock's tick would be seen.
const SAMPLE: Duration = Duration::from_micros(20);

/// Works through the values; returns its exact number of steps.
pub type Steps = fn(&[u64]) -> u64;

/// What can be asked for, with the growth that it has.
pub const KINDS: [(&str, Steps); 5] = [
    ("constant", |values| black_box(values[0]) & 1 | 1),
    ("logarithmic", bisect),
    ("linear", sum),
    ("linearithmic", sort),
    ("quadratic", pairs),
];

/// Prints one `Counts` for each size: `steps`, and `wall_us_min`.
pub fn print(steps_of: Steps, seed: u64) {
    let mut random = SplitMix64::new(seed);
    let inputs: Vec<Vec<u64>> = SIZES.iter().map(|&size| (0..size).map(|_| random.next_u64()).collect()).collect();
    let mut shortest = [f64::INFINITY; SIZES.len()];
    let mut steps = [0; SIZES.len()];
    let mut repeats = [1u32; SIZES.len()];
    for round in 0..=ROUNDS {
        for (i, input) in inputs.iter().enumerate() {
            let started = Instant::now();
            for _ in 0..repeats[i] {
                steps[i] = black_box(steps_of(black_box(input)));
            }
            let one = started.elapsed() / repeats[i];
            if round == 0 {
                repeats[i] = (SAMPLE.as_secs_f64() / one.as_secs_f64().max(1e-9)).clamp(1.0, 2_000.0) as u32;
            } else {
                shortest[i] = shortest[i].min(one.as_secs_f64() * 1e6);
            }
        }
    }
    for (i, size) in SIZES.into_iter().enumerate() {
        let counts = Counts::from([("steps".into(), steps[i] as f64), ("wall_us_min".into(), shortest[i])]);
        emit(&Record::Counts { size: size as u64, unit: "values".into(), counts });
    }
}

fn bisect(values: &[u64]) -> u64 {
    let (mut low, mut high, mut steps) = (0, values.len(), 0);
    while low < high {
        let middle = low.midpoint(high);
        if black_box(middle) < values.len() / 3 {
            low = middle + 1;
        } else {
            high = middle;
        }
        steps += 1;
    }
    steps
}

fn sum(values: &[u64]) -> u64 {
    black_box(values.iter().fold(0u64, |sum, value| (sum ^ value).wrapping_mul(31)));
    values.len() as u64
}

fn sort(values: &[u64]) -> u64 {
    let mut steps = 0;
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| {
        steps += 1;
        a.cmp(b)
    });
    black_box(sorted);
    steps
}

fn pairs(values: &[u64]) -> u64 {
    let mut steps = 0;
    for (i, first) in values.iter().enumerate() {
        for second in &values[i + 1..] {
            steps += 1;
            black_box(first == black_box(second));
        }
    }
    steps
}
