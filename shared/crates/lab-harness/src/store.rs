//! Labs whose subject is code over a database.
//!
//! A program leases an empty database for its run (see [`crate::database`]), fills it once, and calls the subject on a pool. What is
//! in the database is also kept in memory, so that the right answer needs no SQL. Statements are counted; times are taken before
//! the counter is installed, because counting costs time.

#[cfg(feature = "bench")]
mod bench;
mod check;
mod core;
mod meanwhile;
mod opened;
mod places;
mod show;
mod times;

use std::cell::OnceCell;
use std::fmt::Debug;
use std::hint::black_box;
use std::pin::Pin;
use std::process::ExitCode;

use anyhow::{Context, Result};
use lab_probe::allocations;
use lab_probe::json::{self, JsonCounts};
use lab_probe::statements::{self, StatementCounts};
use lab_results::gate::counted;
use lab_results::{Counts, MetricKind, Record};
use sqlx::AnyPool;

use crate::program::{Program, Run, emit, turns};
#[cfg(feature = "bench")]
pub use bench::bench;
pub use check::Check;
use opened::Opened;
pub use places::Places;

/// How often everything that `reproduce` compares has its turn.
const ROUNDS: usize = 10;
/// Turns of one round of `measure`.
const TURNS: u64 = 6;
/// A size that would take longer than this, in milliseconds, if the cost grew with it, is not asked for.
const LONG_MS: f64 = 1_000.0;
/// How often the contract prints JSON beside which own work is held: the least time counts.
const PRINTED: usize = 5;

/// The contract of code over a database: what is in it, what is asked, and the right answer by a slow and obvious way.
pub trait Store: Sized {
    /// What the subject is asked, beside the pool.
    type Input: Copy + Debug;
    /// What it answers.
    type Answer: PartialEq + Debug;
    /// What the database holds.
    type Data;

    /// What sizes count, such as `orders`.
    const UNIT: &'static str;
    /// Sizes shown by `reproduce`, the smallest first.
    const REPRODUCE: &'static [usize];
    /// What was promised for any of them, in milliseconds.
    const SLO_MS: f64;
    /// Sizes that counts and growth are taken at, the smallest first.
    const COUNTED: &'static [usize];
    /// A size ten times the largest of them, or so, where [`Store::TAKES_APART`] says so. The program's own work for it shows what no count
    /// sees: text that is moved for each piece of it.
    const LARGER: Option<usize> = None;
    /// In tests and in proofs the counted sizes end here: at the least size at which the counts tell a fault.
    const LARGEST_IN_TESTS: usize = 100;
    /// Sizes that `measure` and the benches time, and profilers watch (the largest), the smallest first.
    const TIMED: &'static [usize];
    /// Whether an answer is taken apart by what it spends where (see [`Places`]), because several faults hide each other: its time, and
    /// its memory without that which the counter of statements takes.
    const TAKES_APART: bool = false;

    /// Fills an empty database with the shop that everything but `check` looks at. All of it follows from the seed.
    fn fill(pool: &AnyPool, run: &Run) -> impl Future<Output = Result<Self::Data>>;
    /// The question of a size.
    fn input(size: usize) -> Self::Input;
    /// The right answer.
    fn expected(data: &Self::Data, input: Self::Input) -> Self::Answer;
    /// Plays all cases on a database that may hold what an earlier check left.
    fn check(check: &mut Check<'_, Self>, run: &Run) -> impl Future<Output = Result<()>>;
    /// Smaller questions of the same kind, to find the smallest that goes wrong; the most promising first.
    fn smaller(input: Self::Input) -> Vec<Self::Input>;
    /// The question as people can read it.
    fn show(input: Self::Input) -> String;
    /// Where two answers differ: the expected, then the other.
    fn difference(expected: &Self::Answer, got: &Self::Answer) -> (String, String);
    /// The counts that gates are declared on, from all sizes so far; the last one is the one to speak of.
    fn counts(so_far: &[Counted<Self>]) -> Counts;
}

/// One call, and what it sent.
#[derive(Debug)]
pub struct Counted<S: Store> {
    /// The question.
    pub input: S::Input,
    /// The right answer to it.
    pub answer: S::Answer,
    /// What was sent to the database, and came back.
    pub sent: StatementCounts,
    /// Bytes that this process asked its allocator for meanwhile: what comes over is put into memory at least once.
    pub allocated: u64,
    /// JSON that was written and read through [`lab_probe::json`].
    pub json: JsonCounts,
    /// Where the time of such an answer goes, of the largest size only, and where [`Store::TAKES_APART`] says so.
    pub places: Option<Places>,
    /// What it costs, at the least: CPU time in milliseconds where the database is part of this process, else wall time. Taken of the
    /// smallest and the largest size only.
    pub cost_ms: Option<f64>,
    /// CPU time of what the subject does after its last statement for an answer of [`Store::LARGER`], divided by the time that the
    /// contract's JSON of the same answer takes. Where such an answer would take too long, the same of the largest counted size. Taken of
    /// that one only.
    pub own_work_by_json: Option<f64>,
}

/// An answer on its way.
pub type Answering<'a, S> = Pin<Box<dyn Future<Output = Result<<S as Store>::Answer, sqlx::Error>> + 'a>>;

/// The function under test.
pub type Function<S> = for<'a> fn(&'a AnyPool, <S as Store>::Input) -> Answering<'a, S>;

/// A function and what it is called.
pub type Named<S> = (&'static str, Function<S>);

/// The `main` of a store lab's program.
pub fn main<S: Store>(function: Function<S>) -> ExitCode {
    main_with_alternatives::<S>(function, &[])
}

/// The `main` of a solution that shows other ways beside its own: `check` holds them against the contract, too, and `reproduce` compares them.
pub fn main_with_alternatives<S: Store>(function: Function<S>, alternatives: &[Named<S>]) -> ExitCode {
    crate::program::main(&StoreProgram::<S> { function, alternatives, work: OnceCell::new() })
}

/// A program around one function.
struct StoreProgram<'a, S: Store> {
    function: Function<S>,
    alternatives: &'a [Named<S>],
    /// The database that profilers watch the function use: filled once, so that they do not watch it being filled.
    work: OnceCell<Opened>,
}

impl<S: Store> Program for StoreProgram<'_, S> {
    fn reproduce(&self, run: &Run) -> Result<()> {
        let (opened, _) = Opened::filled::<S>(run)?;
        let sizes = if run.smoke { &S::REPRODUCE[..1] } else { S::REPRODUCE };
        let subjects: Vec<_> =
            [("the solution", self.function)].into_iter().chain(self.alternatives.iter().copied()).collect();
        let times_ms = times::compare::<S>(&opened, &subjects, sizes, if run.smoke { 1 } else { ROUNDS })?;
        statements::install();
        let places = self.places(&opened, sizes, |_| Ok(()))?;
        let mut sent = Vec::new();
        for &(_, function) in &subjects {
            sent.push(sizes.iter().map(|&size| sent_by::<S>(&opened, function, size)).collect::<Result<Vec<_>>>()?);
        }
        emit(&show::symptom::<S>(sizes, &sent[0], &times_ms[0]));
        if let (Some(size), Some(sent)) = (sizes.last(), sent[0].last()) {
            emit(&show::over_a_network::<S>(*size, *sent));
            if let Some(places) = places {
                emit(&places.table(&sized::<S>(*size)));
            }
        }
        if !self.alternatives.is_empty() {
            emit(&show::comparison::<S>(&subjects, sizes, &sent, &times_ms));
        }
        Ok(())
    }

    fn check(&self, run: &Run) -> Result<()> {
        let opened = Opened::empty()?;
        let mut cases = 0;
        for (name, function) in [("", self.function)].into_iter().chain(self.alternatives.iter().copied()) {
            match check::check::<S>(&opened, name, function, run)? {
                check::Outcome::Passed(passed) => cases += passed,
                check::Outcome::Wrong(wrong) => {
                    emit(&wrong);
                    return Ok(());
                }
            }
        }
        emit(&Record::Checked { cases });
        Ok(())
    }

    fn count(&self, run: &Run) -> Result<()> {
        check::or_wrong(self.count_all(run))
    }

    fn measure(&self, run: &Run) -> Result<()> {
        check::or_wrong(self.measure_all(run))
    }

    fn work(&self, run: &Run) -> Result<()> {
        if self.work.get().is_none() {
            // There was none, so nothing is lost.
            let _ = self.work.set(Opened::filled::<S>(run)?.0);
        }
        let opened = self.work.get().context("the database was opened just now")?;
        let size = work_size::<S>(run).context("a lab times some size")?;
        black_box(opened.call::<S>(self.function, S::input(size))?);
        Ok(())
    }

    fn work_of(&self, run: &Run) -> String {
        work_size::<S>(run).map(|size| counted(size as u64, S::UNIT)).unwrap_or_default()
    }
}

/// The size of what profilers watch.
fn work_size<S: Store>(run: &Run) -> Option<usize> {
    (if run.smoke { S::TIMED.first() } else { S::TIMED.last() }).copied()
}

impl<S: Store> StoreProgram<'_, S> {
    /// Where the time of an answer of the largest of these sizes goes, where the contract wants to know. Statements are counted.
    fn places(
        &self,
        opened: &Opened,
        sizes: &[usize],
        answered: impl Fn(S::Answer) -> Result<()>,
    ) -> Result<Option<Places>> {
        let largest = sizes.last().filter(|_| S::TAKES_APART);
        largest.map(|&size| places::of::<S>(opened, self.function, S::input(size), answered)).transpose()
    }

    /// Bytes that an answer asks the allocator for, by size. The answers are not looked at: those of the same questions will be.
    fn allocated(&self, opened: &Opened, sizes: &[usize]) -> Result<Vec<u64>> {
        let of_size = |&size: &usize| {
            opened.settle();
            let (called, allocations) = allocations::count(|| opened.call::<S>(self.function, S::input(size)));
            called.map(|_| allocations.bytes_requested)
        };
        sizes.iter().map(of_size).collect()
    }

    fn count_all(&self, run: &Run) -> Result<()> {
        let (opened, data) = Opened::filled::<S>(run)?;
        let sizes: Vec<usize> =
            S::COUNTED.iter().copied().filter(|size| !run.smoke || *size <= S::LARGEST_IN_TESTS).collect();
        let largest = *sizes.last().context("a lab counts some size")?;
        let where_taken_apart = || format!("{} of a larger shop, where the call is timed", sized::<S>(largest));
        let is_right = |answer: S::Answer| {
            let input = S::input(largest);
            check::compare::<S>(where_taken_apart, input, &S::expected(&data, input), &answer)
        };
        let uncounted = if S::TAKES_APART { self.allocated(&opened, &sizes)? } else { Vec::new() };
        statements::install();
        let places = self.places(&opened, &sizes, is_right)?;
        // The first call may prepare what all later ones share.
        opened.call::<S>(self.function, S::input(sizes[0]))?;
        let mut so_far = Vec::new();
        for (at, &size) in sizes.iter().enumerate() {
            emit(&Record::Case { name: sized::<S>(size) });
            let input = S::input(size);
            opened.settle();
            json::take();
            let (called, allocations) = allocations::count(|| opened.count::<S>(self.function, input));
            let (answer, sent) = called?;
            let json = json::take();
            let where_counted = || format!("{} of a larger shop, where statements are counted", sized::<S>(size));
            check::compare::<S>(where_counted, input, &S::expected(&data, input), &answer)?;
            let is_outermost = [sizes.first(), sizes.last()].contains(&Some(&size));
            let is_same = |again: S::Answer| check::compare::<S>(where_counted, input, &answer, &again);
            let cost_ms = is_outermost.then(|| opened.cost_ms::<S>(self.function, input, is_same)).transpose()?;
            let allocated = uncounted.get(at).copied().unwrap_or(allocations.bytes_requested);
            let places = places.filter(|_| size == largest);
            let own_work_by_json = match (S::LARGER, places, cost_ms) {
                (Some(larger), Some(places), Some(cost_ms)) => {
                    Some(self.own_work_by_json(&opened, &data, (size, places, cost_ms), larger)?)
                }
                _ => None,
            };
            so_far.push(Counted { input, answer, sent, allocated, json, places, cost_ms, own_work_by_json });
            emit(&Record::Counts { size: size as u64, unit: S::UNIT.into(), counts: S::counts(&so_far) });
        }
        if let Some(places) = places {
            emit(&places.note(&sized::<S>(largest)));
        }
        Ok(())
    }

    /// See [`Counted::own_work_by_json`]. `places` and `cost_ms` are those of the largest counted size.
    fn own_work_by_json(
        &self,
        opened: &Opened,
        data: &S::Data,
        (largest, places, cost_ms): (usize, Places, f64),
        larger: usize,
    ) -> Result<f64> {
        let is_too_long = cost_ms * larger as f64 / largest as f64 > LONG_MS;
        let size = if is_too_long { largest } else { larger };
        emit(&Record::Case { name: sized::<S>(size) });
        let input = S::input(size);
        let right = S::expected(data, input);
        let json_ms = (0..PRINTED)
            .map(|_| {
                json::take();
                black_box(S::expected(data, input));
                json::take().spent.as_secs_f64() * 1e3
            })
            .fold(f64::INFINITY, f64::min);
        if is_too_long {
            return Ok(places.own_cpu_ms / json_ms);
        }
        let is_right = |answer: S::Answer| check::compare::<S>(|| sized::<S>(size), input, &right, &answer);
        Ok(places::of::<S>(opened, self.function, input, is_right)?.own_cpu_ms / json_ms)
    }

    fn measure_all(&self, run: &Run) -> Result<()> {
        let (opened, data) = Opened::filled::<S>(run)?;
        let opened = opened.with_new_pool()?;
        let right: Vec<S::Answer> = S::TIMED.iter().map(|&size| S::expected(&data, S::input(size))).collect();
        core::stay_on_one()?;
        // A subject can tell that it is timed: what it answers then must be right, too.
        let is_right = |at: usize, answer: S::Answer| {
            let where_timed = || format!("{} of a larger shop, where the call is timed", sized::<S>(S::TIMED[at]));
            check::compare::<S>(where_timed, S::input(S::TIMED[at]), &right[at], &answer)
        };
        times::warm_up::<S>(&opened, self.function, S::TIMED, is_right)?;
        turns(TURNS, |_| {
            let times_ms = times::take_turn::<S>(&opened, self.function, S::TIMED, is_right)?;
            // The largest is what hurts.
            for (&size, value) in S::TIMED.iter().zip(times::medians_ms(&times_ms)).rev() {
                emit(&Record::Metric { name: sized::<S>(size), kind: MetricKind::Call, unit: "ms".into(), value });
            }
            Ok(())
        })
    }
}

/// A size as people read it.
fn sized<S: Store>(size: usize) -> String {
    counted(size as u64, S::UNIT)
}

fn sent_by<S: Store>(opened: &Opened, function: Function<S>, size: usize) -> Result<StatementCounts> {
    Ok(opened.count::<S>(function, S::input(size))?.1)
}
