//! Labs whose subject is a pure function of its input.

use std::cell::OnceCell;
use std::fmt::Debug;
use std::hint::black_box;
use std::process::ExitCode;

use anyhow::Result;
use lab_probe::allocations::{self, Allocations};
use lab_probe::thread_cpu_time;
use lab_results::{Column, Counts, Record, Table};

use crate::program::{Program, Run, emit};

/// The contract of a pure function: its inputs, and the right answer by a slow and obvious way.
pub trait Kernel {
    /// What the function takes, by reference.
    type Input;
    /// What it returns.
    type Output: PartialEq + Debug;

    /// What sizes count, such as `orders`.
    const UNIT: &'static str;
    /// Sizes shown by `reproduce`, and the CPU time in milliseconds that was promised for any of them.
    const REPRODUCE: &'static [usize];
    /// The promise that `reproduce` holds its times against.
    const SLO_MS: f64;
    /// Sizes that counts and growth are taken at.
    const COUNTED: &'static [usize];
    /// The size at which baseline is timed against yours: small enough for the broken program to answer in some 50 ms.
    const TIMED: usize;
    /// The size at which yours is paired with the reference: one sample should take 50 to 200 microseconds.
    const PAIRED: usize;

    /// An input of a size; everything in it follows from the seed.
    fn input(seed: u64, size: usize) -> Self::Input;
    /// Inputs that catch an answer which is only right for ordinary ones, each with what makes it special.
    fn adversarial(seed: u64) -> Vec<(&'static str, Self::Input)>;
    /// What growth is fitted against: how much work the input holds, which need not be its size.
    fn extent(input: &Self::Input) -> u64;
    /// The right answer.
    fn expected(input: &Self::Input) -> Self::Output;
    /// Smaller inputs of the same kind, to find the smallest that goes wrong; the most promising first.
    fn smaller(input: &Self::Input) -> Vec<Self::Input>;
    /// The input as people can read it.
    fn show(input: &Self::Input) -> String;
    /// The counts that gates are declared on, from one call's answer and what it asked of the allocator.
    fn counts(answer: &Self::Output, allocations: &Allocations) -> Counts;
}

/// The function under test.
pub type Function<K> = fn(&<K as Kernel>::Input) -> <K as Kernel>::Output;

/// The `main` of a kernel lab's program.
pub fn main<K: Kernel>(function: Function<K>) -> ExitCode {
    crate::program::main(&KernelProgram::<K> { function, work: OnceCell::new() })
}

/// The call whose instructions are counted: `lab verify --instructions` has callgrind collect inside the function of this name and
/// nowhere else. That the answer passes through here keeps the call from becoming a jump, which callgrind would not see return.
#[inline(never)]
fn one_counted_call<K: Kernel>(function: Function<K>, input: &K::Input) -> K::Output {
    black_box(function(black_box(input)))
}

/// A program around one function.
struct KernelProgram<K: Kernel> {
    function: Function<K>,
    /// The input that profilers watch the function take: made once, so that they do not watch it being made.
    work: OnceCell<K::Input>,
}

impl<K: Kernel> Program for KernelProgram<K> {
    fn reproduce(&self, run: &Run) -> Result<()> {
        let sizes = if run.smoke { &K::REPRODUCE[..1] } else { K::REPRODUCE };
        let mut rows = Vec::new();
        for &size in sizes {
            let input = K::input(run.seed, size);
            let before = thread_cpu_time();
            let (answer, allocations) = allocations::count(|| (self.function)(&input));
            let cpu_ms = (thread_cpu_time() - before).as_secs_f64() * 1e3;
            black_box(answer);
            rows.push(vec![
                (size as u64).into(),
                cpu_ms.into(),
                allocations.count.into(),
                allocations.bytes_requested.into(),
            ]);
        }
        emit(&Record::Table(Table {
            title: format!("CPU time and memory traffic of one call, by {}", K::UNIT),
            columns: vec![
                Column::new(K::UNIT, ""),
                Column::new("CPU time", "ms").at_most(K::SLO_MS),
                Column::new("allocations", ""),
                Column::new("requested", "B"),
            ],
            rows,
            plot: Some(1),
        }));
        Ok(())
    }

    fn check(&self, run: &Run) -> Result<()> {
        let mut cases = 0;
        for (name, input) in cases_of::<K>(run) {
            emit(&Record::Case { name: name.clone() });
            if (self.function)(&input) != K::expected(&input) {
                emit(&self.smallest_wrong(name, input));
                return Ok(());
            }
            cases += 1;
        }
        emit(&Record::Checked { cases });
        Ok(())
    }

    fn count(&self, run: &Run) -> Result<()> {
        let sizes = if run.smoke { &K::COUNTED[..K::COUNTED.len().min(4)] } else { K::COUNTED };
        for &size in sizes {
            emit(&Record::Case { name: format!("{size} {}", K::UNIT) });
            // The first call may fill a lazy static; what a second call with other data keeps is a cache.
            black_box((self.function)(&K::input(run.seed ^ 1, size)));
            let input = K::input(run.seed, size);
            let (answer, allocated) = allocations::count(|| (self.function)(&input));
            let mut counts = K::counts(&answer, &allocated);
            drop(answer);
            let ((), dropped) = allocations::count(|| drop((self.function)(&K::input(run.seed ^ 2, size))));
            counts.insert("retained_bytes".into(), dropped.retained_bytes.max(0) as f64);
            emit(&Record::Counts { size: K::extent(&input), counts });
        }
        Ok(())
    }

    fn once(&self, run: &Run) -> Result<()> {
        emit(&Record::Case { name: format!("{} {}, instructions counted", K::PAIRED, K::UNIT) });
        // As in `count`: what is filled once does not count, and the counted input is new to the function.
        black_box((self.function)(&K::input(run.seed ^ 1, K::PAIRED)));
        let input = K::input(run.seed, K::PAIRED);
        drop(one_counted_call::<K>(self.function, &input));
        emit(&Record::Counts { size: K::PAIRED as u64, counts: Counts::new() });
        Ok(())
    }

    fn work(&self, run: &Run) -> Result<()> {
        let size = if run.smoke { K::REPRODUCE[0] } else { K::TIMED };
        let input = self.work.get_or_init(|| K::input(run.seed, size));
        black_box((self.function)(black_box(input)));
        Ok(())
    }
}

impl<K: Kernel> KernelProgram<K> {
    /// Descends to an input of which no smaller one is wrong.
    fn smallest_wrong(&self, case: String, mut input: K::Input) -> Record {
        let wrong = |input: &K::Input| (self.function)(input) != K::expected(input);
        while let Some(smaller) = K::smaller(&input).into_iter().find(wrong) {
            input = smaller;
        }
        Record::Wrong {
            case,
            input: K::show(&input),
            expected: format!("{:?}", K::expected(&input)),
            got: format!("{:?}", (self.function)(&input)),
        }
    }
}

/// Adversarial shapes first, then ordinary inputs of several seeds; the first ones again at the end, when a cache would remember them.
fn cases_of<K: Kernel>(run: &Run) -> impl Iterator<Item = (String, K::Input)> {
    let seed = run.seed;
    let adversarial = K::adversarial(seed).into_iter().map(|(name, input)| (name.to_string(), input));
    let ordinary = (0..if run.smoke { 2 } else { 5 }).flat_map(move |i| {
        [1, 3, 20, 100].map(|size| (format!("{size} {}, seed {}", K::UNIT, seed + i), K::input(seed + i, size)))
    });
    let again = K::adversarial(seed).into_iter().map(|(name, input)| (format!("{name}, once more"), input));
    adversarial.chain(ordinary).chain(again)
}
