//! The seven kinds of work.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::hint::black_box;

use orderflow::random::SplitMix64;
use rayon::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

/// How often each work is compiled.
pub const COPIES: usize = 9;

/// One copy of a work: does `amount` of it on the input of that number.
pub type Work = fn(&mut Data, amount: usize, input: usize) -> u64;

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Reads and writes at random places of 1 MiB, which the second-level cache holds.
    Gather,
    /// A hash map with a small allocation in every entry. Its hasher is seeded alike in every process.
    Hash,
    /// Reads and writes at random places of 64 MiB, which miss the cache.
    Miss,
    /// A loop whose branches the data decides.
    Branch,
    /// A loop of close, always equal branches: as fast as the processor can fetch it, so that its place in memory shows most.
    Fetch,
    /// Tasks of one thread that hand messages to each other.
    Async,
    /// A sum over two threads.
    Parallel,
}

impl Class {
    /// All, with their names.
    pub const ALL: [(&'static str, Class); 7] = [
        ("gather", Class::Gather),
        ("hash", Class::Hash),
        ("miss", Class::Miss),
        ("branch", Class::Branch),
        ("fetch", Class::Fetch),
        ("async", Class::Async),
        ("parallel", Class::Parallel),
    ];

    /// How much work one run is: some 50 to 200 microseconds of it, a millisecond where the cache misses.
    pub fn amount(self) -> usize {
        match self {
            Class::Gather => 30_000,
            Class::Hash => 50,
            Class::Miss => 60_000,
            Class::Branch => 20_000,
            Class::Fetch => 120_000,
            Class::Async => 400,
            Class::Parallel => 150_000,
        }
    }

    /// The compiled copies.
    pub fn copies(self) -> [Work; COPIES] {
        macro_rules! copies {
            ($work:ident) => {
                [
                    $work::<0>, $work::<1>, $work::<2>, $work::<3>, $work::<4>, $work::<5>, $work::<6>, $work::<7>,
                    $work::<8>,
                ]
            };
        }
        match self {
            Class::Gather | Class::Miss => copies!(gather),
            Class::Hash => copies!(hash),
            Class::Branch => copies!(branch),
            Class::Fetch => copies!(fetch),
            Class::Async => copies!(relay),
            Class::Parallel => copies!(parallel),
        }
    }
}

/// What a work works on.
pub struct Data {
    memory: Vec<u64>,
    vectors: Vec<Vec<u32>>,
    runtime: Option<Runtime>,
}

impl Data {
    /// Data of a class, with `inputs` inputs that are long enough for twice the `amount`.
    pub fn new(class: Class, inputs: usize, amount: usize, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        let words = match class {
            Class::Gather => 1 << 17,
            Class::Miss => 1 << 23,
            _ => 0,
        };
        let length = match class {
            Class::Branch => 2 * amount,
            // All vectors together where nothing depends on the values of one.
            Class::Fetch | Class::Parallel => (2 * amount).div_ceil(inputs),
            _ => 0,
        };
        let value = |random: u64| if class == Class::Fetch { 7 } else { random as u32 };
        let vectors = (0..inputs).map(|_| (0..length).map(|_| value(random.next_u64())).collect()).collect();
        let runtime = (class == Class::Async).then(|| {
            Builder::new_current_thread().build().expect("a runtime without timers and sockets asks for nothing")
        });
        Data { memory: vec![1; words], vectors, runtime }
    }
}

/// The number of the copy enters each work through [`black_box`]: the compiler would otherwise merge identical functions. It is
/// part of a large constant, so that all copies have the same instructions of the same lengths, and only their place differs.
const LARGE: u64 = 0x4000_0000;

#[inline(never)]
fn gather<const COPY: u64>(data: &mut Data, amount: usize, input: usize) -> u64 {
    let mask = data.memory.len() - 1;
    let odd = black_box(0x9E37_79B9_7F4A_7C15 + 2 * COPY);
    let (mut x, mut sum) = (input as u64 * 2 + 1, 0u64);
    for _ in 0..amount {
        x = x.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(odd);
        let place = (x >> 33) as usize & mask;
        sum = sum.wrapping_add(data.memory[place]);
        data.memory[place] = sum ^ x;
    }
    sum
}

/// A small map for each unit of the amount: one that grew with it would cost by steps, not in proportion.
#[inline(never)]
fn hash<const COPY: u64>(_: &mut Data, amount: usize, input: usize) -> u64 {
    let mut random = SplitMix64::new(black_box(LARGE + COPY) + input as u64);
    let mut sum = 0;
    for _ in 0..amount {
        let mut names: HashMap<u64, Vec<u8>, BuildHasherDefault<DefaultHasher>> = HashMap::default();
        for _ in 0..24 {
            let draw = random.next_u64();
            names.insert(draw >> 20, Vec::with_capacity(24 + (draw & 15) as usize));
        }
        sum ^= names.iter().fold(0, |sum, (key, name)| sum ^ key ^ name.capacity() as u64);
    }
    sum
}

#[inline(never)]
fn branch<const COPY: u64>(data: &mut Data, amount: usize, input: usize) -> u64 {
    let threshold = black_box((LARGE + COPY) as u32);
    let (mut below, mut mixed) = (0u32, 0u32);
    for &value in &data.vectors[input][..amount] {
        if value < threshold {
            below += 1;
            mixed ^= value;
        } else if value & 3 == 0 {
            mixed = mixed.wrapping_add(value);
        }
    }
    u64::from(below ^ mixed)
}

#[inline(never)]
fn fetch<const COPY: u64>(data: &mut Data, amount: usize, input: usize) -> u64 {
    let mut sum = black_box(LARGE + COPY);
    let (vectors, mut left, mut vector) = (data.vectors.len(), amount, input);
    while left > 0 {
        let values = &data.vectors[vector % vectors];
        let values = &values[..values.len().min(left)];
        let mut i = 0;
        while i < values.len() {
            let value = black_box(values[i]);
            i += 1;
            if value == 1 {
                sum = sum.wrapping_add(3);
                continue;
            }
            if value == 2 {
                sum ^= 5;
                continue;
            }
            if value == 3 {
                sum = sum.wrapping_add(7);
                continue;
            }
            if value == 4 {
                sum ^= 9;
                continue;
            }
            if value == 5 {
                sum = sum.wrapping_add(11);
                continue;
            }
            sum = sum.wrapping_add(1);
        }
        left -= values.len();
        vector += 1;
    }
    sum
}

#[inline(never)]
fn relay<const COPY: u64>(data: &mut Data, amount: usize, input: usize) -> u64 {
    let runtime = data.runtime.as_ref().expect("made with the class");
    runtime.block_on(async {
        let start = black_box(LARGE + COPY) + input as u64;
        let (sender, mut receiver) = mpsc::channel::<u64>(16);
        let producer = tokio::spawn(async move {
            for message in 0..amount as u64 {
                if sender.send(start.wrapping_add(message)).await.is_err() {
                    return;
                }
            }
        });
        let mut sum = 0u64;
        while let Some(message) = receiver.recv().await {
            sum = sum.wrapping_mul(31).wrapping_add(message);
        }
        producer.await.expect("the producer does not panic");
        sum
    })
}

#[inline(never)]
fn parallel<const COPY: u64>(data: &mut Data, amount: usize, input: usize) -> u64 {
    let odd = black_box(0x5851_F42D_4C95_7F2D + 2 * COPY);
    let vectors = data.vectors.len();
    let parts = amount.div_ceil(vectors.max(1));
    let mix = |values: &[u32]| values.iter().fold(0u64, |sum, value| (sum ^ u64::from(*value)).wrapping_mul(odd));
    (0..vectors)
        .into_par_iter()
        .map(|i| mix(&data.vectors[(i + input) % vectors][..parts.min(data.vectors[0].len())]))
        .reduce(|| 0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What every copy of a work has to compute, said plainly: copies differ in their number, and in nothing else.
    fn expected(class: Class, copy: u64, data: &Data, amount: usize, input: usize) -> u64 {
        let number = LARGE + copy;
        match class {
            Class::Gather | Class::Miss => {
                let mut written = HashMap::new();
                let (mut x, mut sum) = (input as u64 * 2 + 1, 0u64);
                for _ in 0..amount {
                    x = x.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x9E37_79B9_7F4A_7C15 + 2 * copy);
                    let value = written.entry((x >> 33) % data.memory.len() as u64).or_insert(1u64);
                    sum = sum.wrapping_add(*value);
                    *value = sum ^ x;
                }
                sum
            }
            // A map holds what was put into it, in whatever order.
            Class::Hash => {
                let mut random = SplitMix64::new(number + input as u64);
                let draws = std::iter::repeat_with(|| random.next_u64()).take(24 * amount);
                draws.fold(0, |sum, draw| sum ^ (draw >> 20) ^ (24 + (draw & 15)))
            }
            Class::Branch => {
                let values = &data.vectors[input][..amount];
                let below = values.iter().filter(|value| u64::from(**value) < number).count() as u64;
                let mixed = values.iter().fold(0u32, |mixed, value| match u64::from(*value) < number {
                    true => mixed ^ value,
                    false if value % 4 == 0 => mixed.wrapping_add(*value),
                    false => mixed,
                });
                below ^ u64::from(mixed)
            }
            // All values are 7, which is none of the branches.
            Class::Fetch => number + amount as u64,
            Class::Async => (0..amount as u64)
                .fold(0u64, |sum, message| sum.wrapping_mul(31).wrapping_add(number + input as u64 + message)),
            Class::Parallel => {
                let part = amount.div_ceil(data.vectors.len());
                let odd = 0x5851_F42D_4C95_7F2D + 2 * copy;
                let mix = |sum: u64, value: &u32| (sum ^ u64::from(*value)).wrapping_mul(odd);
                let sums = data.vectors.iter().map(|values| values[..part].iter().fold(0, mix));
                sums.fold(0, u64::wrapping_add)
            }
        }
    }

    /// One unit more than the class's own amount, so that no work may round it, and the most that fits.
    #[test]
    fn every_copy_does_the_same_work_as_the_first_and_all_of_it() {
        for (name, class) in Class::ALL {
            for amount in [class.amount() + 1, 2 * class.amount()] {
                let mut results = std::collections::BTreeSet::new();
                for (copy, work) in (0..).zip(class.copies()) {
                    let mut data = Data::new(class, 4, class.amount(), 7);
                    if class == Class::Branch {
                        // Values between the thresholds of two copies: without them hardly a value tells copies apart.
                        (LARGE as u32..).take(COPIES).zip(&mut data.vectors[3]).for_each(|(near, value)| *value = near);
                    }
                    let expected = expected(class, copy, &data, amount, 3);
                    assert_eq!(work(&mut data, amount, 3), expected, "{name}, copy {copy}, an amount of {amount}");
                    results.insert(expected);
                }
                assert_eq!(results.len(), COPIES, "{name}: two copies cannot be told apart by what they compute");
            }
        }
    }
}
