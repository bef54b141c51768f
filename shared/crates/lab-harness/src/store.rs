//! Labs whose subject is code over a database.
//!
//! A program leases an empty database for its run (see [`crate::database`]), fills it once, and calls the subject on a pool. What is
//! in the database is also kept in memory, so that the right answer needs no SQL. Statements are counted; times are taken before
//! the counter is installed, because counting costs time.

#[cfg(feature = "bench")]
mod bench;
mod check;
mod core;
mod opened;
mod show;
mod times;

use std::cell::OnceCell;
use std::fmt::Debug;
use std::hint::black_box;
use std::pin::Pin;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use lab_probe::statements::{self, StatementCounts};
use lab_results::{Counts, MetricKind, Record};
use sqlx::AnyPool;

use crate::program::{Program, Run, emit, turns};
#[cfg(feature = "bench")]
pub use bench::bench;
pub use check::Check;
use opened::Opened;

/// How often everything that `reproduce` compares has its turn.
const ROUNDS: usize = 10;
/// Turns of one round of `measure`.
const TURNS: u64 = 6;

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
    /// Sizes that `measure` and the benches time, and profilers watch (the largest), the smallest first.
    const TIMED: &'static [usize];

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
        let mut sent = Vec::new();
        for &(_, function) in &subjects {
            sent.push(sizes.iter().map(|&size| sent_by::<S>(&opened, function, size)).collect::<Result<Vec<_>>>()?);
        }
        emit(&show::symptom::<S>(sizes, &sent[0], &times_ms[0]));
        if let (Some(size), Some(sent)) = (sizes.last(), sent[0].last()) {
            emit(&show::over_a_network::<S>(*size, *sent));
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
        let (opened, data) = Opened::filled::<S>(run)?;
        statements::install();
        let sizes = if run.smoke { &S::COUNTED[..S::COUNTED.len().min(3)] } else { S::COUNTED };
        // The first call may prepare what all later ones share.
        opened.call::<S>(self.function, S::input(sizes[0]))?;
        let mut so_far = Vec::new();
        for &size in sizes {
            emit(&Record::Case { name: format!("{size} {}", S::UNIT) });
            let input = S::input(size);
            let (answer, sent) = opened.count::<S>(self.function, input)?;
            ensure!(
                answer == S::expected(&data, input),
                "{} is answered rightly in the check, and wrongly when its statements are counted",
                S::show(input)
            );
            so_far.push(Counted { input, answer, sent });
            emit(&Record::Counts { size: size as u64, counts: S::counts(&so_far) });
        }
        Ok(())
    }

    fn measure(&self, run: &Run) -> Result<()> {
        let opened = Opened::filled::<S>(run)?.0.with_new_pool()?;
        core::stay_on_one()?;
        times::warm_up::<S>(&opened, self.function, S::TIMED)?;
        turns(TURNS, |_| {
            let times_ms = times::take_turn::<S>(&opened, self.function, S::TIMED)?;
            // The largest is what hurts.
            for (size, value) in S::TIMED.iter().zip(times::medians_ms(&times_ms)).rev() {
                let name = format!("{size} {}", S::UNIT);
                emit(&Record::Metric { name, kind: MetricKind::Call, unit: "ms".into(), value });
            }
            Ok(())
        })
    }

    fn work(&self, run: &Run) -> Result<()> {
        if self.work.get().is_none() {
            // There was none, so nothing is lost.
            let _ = self.work.set(Opened::filled::<S>(run)?.0);
        }
        let opened = self.work.get().context("the database was opened just now")?;
        let size = if run.smoke { S::TIMED.first() } else { S::TIMED.last() };
        black_box(opened.call::<S>(self.function, S::input(*size.context("a lab times some size")?))?);
        Ok(())
    }
}

fn sent_by<S: Store>(opened: &Opened, function: Function<S>, size: usize) -> Result<StatementCounts> {
    Ok(opened.count::<S>(function, S::input(size))?.1)
}
