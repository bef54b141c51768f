//! Labs whose subject is a pure function of its input.

mod asked;
#[cfg(feature = "files")]
pub mod exchange;
mod growth;

use std::cell::OnceCell;
use std::fmt::Debug;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use lab_probe::allocations::{self, Allocations};
use lab_probe::process_cpu_time;
use lab_results::gate::counted;
use lab_results::{Column, Counts, Record, Table};

use crate::program::{Program, Run, emit};
pub(crate) use asked::{Subject, Wrong};
pub use growth::CPU_TIME_EXPONENT;

/// The contract of a pure function: its inputs, and the right answer by a slow and obvious way.
pub trait Kernel {
    /// What the function takes, by reference.
    type Input;
    /// What it returns.
    type Output: PartialEq + Debug;

    /// What sizes count, such as `orders`.
    const UNIT: &'static str;
    /// What [`Kernel::extent`] counts, such as `lines`; the size's own unit where that is the work.
    const EXTENT_UNIT: &'static str = Self::UNIT;
    /// Sizes shown by `reproduce`.
    const REPRODUCE: &'static [usize];
    /// The CPU time in milliseconds that was promised for any of them; none where something else was.
    const SLO_MS: f64 = f64::INFINITY;
    /// What else was promised for any of them: one of the counts [`SHOWN`](Self::SHOWN), and its limit.
    const SLO_COUNT: Option<(&'static str, f64)> = None;
    /// Counts that `reproduce` shows beside its times: name, heading, unit.
    const SHOWN: &'static [(&'static str, &'static str, &'static str)];
    /// Sizes that counts and their growth are taken at.
    const COUNTED: &'static [usize];
    /// The size at which original is timed against yours: small enough for the broken program to answer in some 50 ms.
    const TIMED: usize;
    /// The size at which yours is paired with the reference: one call should take 50 to 200 microseconds. The growth of CPU time is
    /// looked for at up to 256 times as much.
    const PAIRED: usize;

    /// Sizes, ascending, whose heap profiles are set side by side, where it matters which site's live bytes grow.
    const HEAP_SIZES: &'static [usize] = &[];

    /// An input of a size; everything in it follows from the seed.
    fn input(seed: u64, size: usize) -> Self::Input;
    /// The same work, all of it in one piece: the lines of all orders in one of them. Its extent is that of `input`. What is the square of
    /// each piece alone is hidden where the pieces are small, and decides here. A kind of input without pieces comes back as it is.
    fn stretched(input: Self::Input) -> Self::Input;
    /// Inputs that catch an answer which is only right for ordinary ones, each with what makes it special.
    fn adversarial(seed: u64) -> Vec<(&'static str, Self::Input)>;
    /// What growth is fitted against: how much work the input holds, which need not be its size.
    fn extent(input: &Self::Input) -> u64;
    /// The right answer, by the cheapest growth that there is: how fast CPU time grows is held against it.
    fn expected(input: &Self::Input) -> Self::Output;
    /// Smaller inputs of the same kind, to find the smallest that goes wrong; the most promising first.
    fn smaller(input: &Self::Input) -> Vec<Self::Input>;
    /// The input as people can read it.
    fn show(input: &Self::Input) -> String;
    /// The counts that gates are declared on, from one call's answer and what it asked of the allocator. Two more are the kernel's own:
    /// `retained_bytes`, and [`CPU_TIME_EXPONENT`] at the largest size. Each is the larger of two: of the input, and of the same
    /// [`stretched`](Self::stretched). So a gate on them is an `at_most`, or a `grows`; an `at_least` only asks whether there is any.
    fn counts(answer: &Self::Output, allocations: &Allocations) -> Counts;
}

/// The function under test.
pub type Function<K> = fn(&<K as Kernel>::Input) -> <K as Kernel>::Output;

/// The `main` of a kernel lab's program.
pub fn main<K: Kernel>(function: Function<K>) -> ExitCode {
    main_and::<K>(function, |_, _| Vec::new())
}

/// What `reproduce` shows below its table, from the counts of each size: what they lead to, or other work to compare with.
pub type Below = fn(&Run, &[(u64, Counts)]) -> Vec<Record>;

/// The same, where `reproduce` shows more.
pub fn main_and<K: Kernel>(function: Function<K>, below: Below) -> ExitCode {
    crate::program::main(&KernelProgram::<K> { subject: Subject::new(function), below, work: OnceCell::new() })
}

/// The call whose instructions are counted: `lab verify --instructions` has callgrind collect inside the function of this name and
/// nowhere else. That the answer passes through here keeps the call from becoming a jump, which callgrind would not see return.
#[inline(never)]
fn one_counted_call<K: Kernel>(function: Function<K>, input: &K::Input) -> K::Output {
    black_box(function(black_box(input)))
}

/// A program around one function.
struct KernelProgram<K: Kernel> {
    subject: Subject<K>,
    below: Below,
    /// The input that profilers watch the function take: made once, so that they do not watch it being made.
    work: OnceCell<K::Input>,
}

impl<K: Kernel> Program for KernelProgram<K> {
    fn reproduce(&self, run: &Run) -> Result<()> {
        let sizes = if run.smoke { &K::REPRODUCE[..1] } else { K::REPRODUCE };
        let has_extent = K::EXTENT_UNIT != K::UNIT;
        let mut columns = vec![Column::new(K::UNIT, "")];
        columns.extend(has_extent.then(|| Column::new(K::EXTENT_UNIT, "")));
        let promised = |column: Column, limit: f64| if limit.is_finite() { column.at_most(limit) } else { column };
        columns.extend([promised(Column::new("CPU time", "ms"), K::SLO_MS), Column::new("wall time", "ms")]);
        columns.extend(K::SHOWN.iter().map(|(name, heading, unit)| {
            let limit = K::SLO_COUNT.filter(|(count, _)| count == name).map_or(f64::INFINITY, |(_, limit)| limit);
            promised(Column::new(heading, unit), limit)
        }));
        let plot = columns.iter().position(|column| column.slo.is_some());
        let (mut rows, mut at_sizes) = (Vec::new(), Vec::new());
        for &size in sizes {
            let input = K::input(run.seed, size);
            let (cpu, wall) = (process_cpu_time(), Instant::now());
            let (answer, allocations) = allocations::count(|| self.subject.call(&input));
            let (cpu, wall) = (process_cpu_time() - cpu, wall.elapsed());
            let counts = K::counts(&answer, &allocations);
            let mut row = vec![(size as u64).into()];
            row.extend(has_extent.then(|| K::extent(&input).into()));
            row.extend([cpu, wall].map(|time| (time.as_secs_f64() * 1e3).into()));
            row.extend(K::SHOWN.iter().map(|(name, ..)| counts.get(*name).copied().unwrap_or(f64::NAN).into()));
            rows.push(row);
            at_sizes.push((size as u64, counts));
        }
        let title = "One call at each size, the first one of a new process".to_string();
        emit(&Record::Table(Table { title, columns, rows, plot }));
        (self.below)(run, &at_sizes).iter().for_each(emit);
        Ok(())
    }

    fn check(&self, run: &Run) -> Result<()> {
        let mut cases = 0;
        for (name, input) in cases_of::<K>(run) {
            emit(&Record::Case { name: name.clone() });
            if let Err(wrong) = self.subject.ask(name, &input) {
                emit(&wrong.record());
                return Ok(());
            }
            cases += 1;
        }
        emit(&Record::Checked { cases });
        Ok(())
    }

    fn count(&self, run: &Run) -> Result<()> {
        match self.counted(run) {
            Ok(records) => records.iter().for_each(emit),
            Err(wrong) => emit(&wrong.record()),
        }
        Ok(())
    }

    fn once(&self, run: &Run) -> Result<()> {
        let name = format!("{}, instructions counted", counted(K::PAIRED as u64, K::UNIT));
        emit(&Record::Case { name: name.clone() });
        // As in `count`: what is filled once does not count, and the counted input is new to the function.
        black_box(self.subject.call(&K::input(run.seed ^ 1, K::PAIRED)));
        let input = K::input(run.seed, K::PAIRED);
        let answer = one_counted_call::<K>(self.subject.function(), &input);
        emit(&match self.subject.hold(name, &input, answer) {
            Ok(()) => Record::Counts { size: K::PAIRED as u64, unit: K::UNIT.into(), counts: Counts::new() },
            Err(wrong) => wrong.record(),
        });
        Ok(())
    }

    fn work(&self, run: &Run) -> Result<()> {
        let input = self.work.get_or_init(|| K::input(run.seed, work_size::<K>(run)));
        black_box(self.subject.call(input));
        Ok(())
    }

    fn heap(&self, run: &Run) -> Result<()> {
        crate::program::heap(self, run)?;
        #[cfg(feature = "heap")]
        if !K::HEAP_SIZES.is_empty() {
            let profile = |&size: &usize| {
                let input = K::input(run.seed, size);
                let profiler = crate::heap::start(&run.out.join("by-size"))?;
                black_box(self.subject.call(&input));
                Ok((size as u64, profiler.finish()?))
            };
            let sizes = if run.smoke { &K::HEAP_SIZES[..1] } else { K::HEAP_SIZES };
            emit(&crate::heap::by_size(K::UNIT, &sizes.iter().map(profile).collect::<Result<Vec<_>>>()?));
        }
        Ok(())
    }

    fn work_of(&self, run: &Run) -> String {
        counted(work_size::<K>(run) as u64, K::UNIT)
    }
}

/// The size of what profilers watch.
fn work_size<K: Kernel>(run: &Run) -> usize {
    if run.smoke { K::REPRODUCE[0] } else { K::TIMED }
}

impl<K: Kernel> KernelProgram<K> {
    /// The counts at every size, the growth of CPU time among those of the largest; of the input as it comes and of the same in one
    /// piece, the larger. Each answer is held against the contract: no counts of a wrong one.
    fn counted(&self, run: &Run) -> Result<Vec<Record>, Wrong> {
        let sizes = if run.smoke { &K::COUNTED[..K::COUNTED.len().min(4)] } else { K::COUNTED };
        let mut at_sizes = Vec::new();
        for &size in sizes {
            let name = format!("counted at {}", counted(size as u64, K::UNIT));
            emit(&Record::Case { name: name.clone() });
            // The first call may fill a lazy static, which is not the work's: it has another input and is not counted.
            let other = self.subject.ask(name.clone(), &K::input(run.seed ^ 1, size))?;
            self.subject.drop_answer(other.answer);
            let input = K::input(run.seed, size);
            let extent = K::extent(&input);
            let mut counts = self.counts_of(name.clone(), &input)?;
            for (count, stretched) in self.counts_of(format!("{name}, in one piece"), &K::stretched(input))? {
                counts.entry(count).and_modify(|count| *count = count.max(stretched)).or_insert(stretched);
            }
            counts.insert("retained_bytes".into(), self.subject.kept_bytes() as f64);
            at_sizes.push((extent, counts));
        }
        let exponent = growth::cpu_time_exponent(&self.subject, run)?;
        if let Some((_, largest)) = at_sizes.iter_mut().max_by_key(|(size, _)| *size) {
            largest.extend(exponent.map(|exponent| (CPU_TIME_EXPONENT.to_string(), exponent)));
        }
        let record = |(size, counts)| Record::Counts { size, unit: K::EXTENT_UNIT.into(), counts };
        Ok(at_sizes.into_iter().map(record).collect())
    }

    /// What one call asks for.
    fn counts_of(&self, case: String, input: &K::Input) -> Result<Counts, Wrong> {
        let asked = self.subject.ask(case, input)?;
        let counts = K::counts(&asked.answer, &asked.allocated);
        self.subject.drop_answer(asked.answer);
        Ok(counts)
    }
}

/// Adversarial shapes first, then ordinary inputs of several seeds; the first ones again at the end, when a cache would remember them.
fn cases_of<K: Kernel>(run: &Run) -> impl Iterator<Item = (String, K::Input)> {
    let seed = run.seed;
    let adversarial = K::adversarial(seed).into_iter().map(|(name, input)| (name.to_string(), input));
    let ordinary = (0..if run.smoke { 2 } else { 5 }).flat_map(move |i| {
        [1, 3, 20, 100]
            .map(|size| (format!("{}, seed {}", counted(size, K::UNIT), seed + i), K::input(seed + i, size as usize)))
    });
    let again = K::adversarial(seed).into_iter().map(|(name, input)| (format!("{name}, once more"), input));
    adversarial.chain(ordinary).chain(again)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long the longest of the pieces is.
    struct Longest;

    impl Kernel for Longest {
        type Input = Vec<usize>;
        type Output = usize;

        const UNIT: &'static str = "pieces";
        const REPRODUCE: &'static [usize] = &[8];
        const SLO_MS: f64 = 1.0;
        const SHOWN: &'static [(&'static str, &'static str, &'static str)] = &[];
        const COUNTED: &'static [usize] = &[8, 16, 32];
        const TIMED: usize = 8;
        const PAIRED: usize = 1;

        fn input(_seed: u64, size: usize) -> Vec<usize> {
            vec![1; size]
        }

        fn stretched(pieces: Vec<usize>) -> Vec<usize> {
            vec![pieces.into_iter().sum()]
        }

        fn adversarial(_seed: u64) -> Vec<(&'static str, Vec<usize>)> {
            Vec::new()
        }

        fn extent(pieces: &Vec<usize>) -> u64 {
            pieces.iter().sum::<usize>() as u64
        }

        fn expected(pieces: &Vec<usize>) -> usize {
            pieces.iter().copied().max().unwrap_or(0)
        }

        fn smaller(_pieces: &Vec<usize>) -> Vec<Vec<usize>> {
            Vec::new()
        }

        fn show(pieces: &Vec<usize>) -> String {
            format!("{pieces:?}")
        }

        fn counts(longest: &usize, _allocations: &Allocations) -> Counts {
            Counts::from([("square_of_the_longest".into(), (longest * longest) as f64)])
        }
    }

    #[test]
    fn what_is_the_square_of_a_piece_is_counted_where_one_piece_holds_all() {
        let longest: Function<Longest> = |pieces| pieces.iter().copied().max().unwrap_or(0);
        let program = KernelProgram::<Longest> {
            subject: Subject::new(longest),
            below: |_, _| Vec::new(),
            work: OnceCell::new(),
        };
        let run = Run { seed: 7, smoke: true, subject: None, port: 0, out: "".into(), seconds: 0.0 };
        let Ok(records) = program.counted(&run) else { panic!("all answers are right") };
        let squares = records.iter().map(|record| match record {
            Record::Counts { size, counts, .. } => (*size, counts["square_of_the_longest"]),
            other => panic!("{other:?}"),
        });
        assert_eq!(squares.collect::<Vec<_>>(), [(8, 64.0), (16, 256.0), (32, 1_024.0)]);
    }
}
