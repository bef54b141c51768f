//! Labs whose fault is queueing or concurrency, judged by a clock that nobody waits for.
//!
//! The part runs on tokio's current-thread runtime with its clock paused: whenever no task can go on, the clock jumps to the next timer.
//! Minutes pass in milliseconds, no other process disturbs them, and a seed brings the same figures on every machine. What a call waits
//! for is the lab's double, which waits on a timer. Work that uses the CPU takes no time by this clock, and neither does a blocked thread:
//! who blocks for ever is ended by the limits of every lab's program.

mod play;

use std::fmt::Debug;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use lab_results::{Column, Counts, Record, Table};
use tokio::runtime::{Builder, Runtime};

pub use play::{Arrive, Played, play};

use crate::call::{Call, Wrong, case};
use crate::program::{Program, Run, emit};

/// Seeds that the answers are checked with.
const SEEDS: u64 = 2;
/// Calls of a case.
const CALLS: usize = 50;
/// In tests the sizes end here.
const SMOKE_SIZE: usize = 1_000;

/// A runtime with one thread and so many to block on, whose clock is paused: it can be moved, and jumps to the next timer by itself.
///
/// # Errors
/// The machine gives no runtime.
pub fn runtime(blocking_threads: usize) -> Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    let builder = builder.enable_time().start_paused(true).max_blocking_threads(blocking_threads);
    builder.build().context("Failed to start a runtime")
}

/// What theory expects, and under which name: a mean response time in milliseconds.
pub type Theory = (&'static str, fn() -> f64);

/// What a lab supplies: functions over its part `P`, its world `W` (the doubles that the part calls) and the part's answers `A`.
pub struct VirtualLab<P, W, A> {
    /// What calls are, such as `reservations`.
    pub unit: &'static str,
    /// How many calls are played, the fewest first.
    pub sizes: &'static [usize],
    /// Calls that arrive in a second, on average.
    pub per_s: f64,
    /// What was promised for 99% of the calls, in milliseconds.
    pub slo_p99_ms: f64,
    /// What theory expects. The first one is of a right part: gates are declared on what was found, divided by it.
    pub theory: &'static [Theory],
    /// A world, for one scenario. All of it follows from the seed.
    pub world: fn(u64) -> W,
    /// The call with this number, from 0.
    pub call: fn(P, &Arc<W>, usize) -> Call<A>,
    /// Looks at what so many calls left in the world; a case's name stands in what is wrong.
    pub holds: fn(&W, &str, usize) -> Result<()>,
    /// What the world has counted itself.
    pub counts: fn(&W, &Played) -> Counts,
}

/// The `main` of a virtual lab's program.
pub fn main<P: Copy, W, A: PartialEq + Debug + Send + 'static>(lab: &VirtualLab<P, W, A>, part: P) -> ExitCode {
    crate::program::main(&VirtualProgram { lab, part })
}

struct VirtualProgram<'a, P, W, A> {
    lab: &'a VirtualLab<P, W, A>,
    part: P,
}

impl<P: Copy, W, A: PartialEq + Debug + Send + 'static> Program for VirtualProgram<'_, P, W, A> {
    fn reproduce(&self, run: &Run) -> Result<()> {
        let lab = self.lab;
        let mut columns = vec![Column::new(lab.unit, ""), Column::new("in flight at most", "")];
        columns.extend(["mean", "p50"].map(|name| Column::new(name, "ms")));
        columns.push(Column::new("p99", "ms").at_most(lab.slo_p99_ms));
        columns.extend(lab.theory.iter().map(|(name, _)| Column::new(&format!("theory: {name}"), "ms")));
        let mut rows = Vec::new();
        for &calls in self.sizes(run) {
            let (played, _) = self.play("reproduced", Arrive::AtRandom, run.seed, calls)?;
            let mut row = vec![(calls as u64).into(), (played.peak_in_flight as u64).into()];
            row.extend([played.mean_ms(), played.percentile_ms(0.5), played.percentile_ms(0.99)].map(Into::into));
            row.extend(lab.theory.iter().map(|(_, mean_ms)| mean_ms().into()));
            rows.push(row);
        }
        let title = format!("{} {} a second arrive at random, virtual time", lab.per_s, lab.unit);
        emit(&Record::Table(Table { title, columns, rows, plot: None }));
        let text = "By tokio's paused clock, which jumps to the next timer when no task can go on: no figure depends on this machine.";
        emit(&Record::Note { text: text.into() });
        Ok(())
    }

    fn check(&self, run: &Run) -> Result<()> {
        or_wrong(self.check_all(run))
    }

    fn count(&self, run: &Run) -> Result<()> {
        or_wrong(self.count_all(run))
    }

    fn work(&self, run: &Run) -> Result<()> {
        self.play("watched", Arrive::AtRandom, run.seed, self.largest(run)).map(drop)
    }

    fn work_of(&self, run: &Run) -> String {
        lab_results::gate::counted(self.largest(run) as u64, self.lab.unit)
    }
}

impl<P: Copy, W, A: PartialEq + Debug + Send + 'static> VirtualProgram<'_, P, W, A> {
    fn sizes(&self, run: &Run) -> &'static [usize] {
        let is_small = |size: &&usize| !run.smoke || **size <= SMOKE_SIZE;
        &self.lab.sizes[..self.lab.sizes.iter().take_while(is_small).count()]
    }

    fn largest(&self, run: &Run) -> usize {
        self.sizes(run).last().copied().unwrap_or_default()
    }

    fn play(&self, case: &str, arrive: Arrive, seed: u64, calls: usize) -> Result<(Played, Arc<W>)> {
        play(self.lab, self.part, case, arrive, seed, calls)
    }

    fn check_all(&self, run: &Run) -> Result<()> {
        let mut checked = 0;
        for seed in run.seed..run.seed + SEEDS {
            for (name, arrive, calls) in [
                ("one call", Arrive::Apart, 1),
                ("one call after the other", Arrive::Apart, CALLS),
                ("calls at random", Arrive::AtRandom, CALLS),
                ("calls in the same moment", Arrive::AtOnce, CALLS),
            ] {
                case(name);
                self.play(name, arrive, seed, calls)?;
                checked += 1;
            }
        }
        emit(&Record::Checked { cases: checked });
        Ok(())
    }

    fn count_all(&self, run: &Run) -> Result<()> {
        for &calls in self.sizes(run) {
            let name = format!("{calls} {}, where they are counted", self.lab.unit);
            case(&name);
            let (played, world) = self.play(&name, Arrive::AtRandom, run.seed, calls)?;
            let mut counts = (self.lab.counts)(&world, &played);
            counts.extend([
                ("peak_in_flight".into(), played.peak_in_flight as f64),
                ("response_ms_mean".into(), played.mean_ms()),
                ("response_ms_p50".into(), played.percentile_ms(0.5)),
                ("response_ms_p99".into(), played.percentile_ms(0.99)),
            ]);
            if let Some((_, in_theory_ms)) = self.lab.theory.first() {
                counts.insert("response_over_theory".into(), played.mean_ms() / in_theory_ms());
            }
            emit(&Record::Counts { size: calls as u64, unit: self.lab.unit.into(), counts });
        }
        Ok(())
    }
}

/// A wrong answer is a record, and every other error the program's end.
fn or_wrong(ended: Result<()>) -> Result<()> {
    match ended {
        Err(error) => {
            emit(&error.downcast::<Wrong>()?.0);
            Ok(())
        }
        ended => ended,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::Mutex;
    use tokio::time::sleep;

    use super::*;

    /// How long a call takes that waits for nobody, in milliseconds.
    const SERVICE_MS: u64 = 20;

    type Part = fn(Arc<Mutex<()>>) -> crate::call::Answering<u64>;

    fn lab() -> VirtualLab<Part, Arc<Mutex<()>>, u64> {
        VirtualLab {
            unit: "calls",
            sizes: &[100],
            per_s: 45.0,
            slo_p99_ms: 50.0,
            theory: &[],
            world: |_| Arc::default(),
            call: |part, world, number| {
                let world = Arc::clone(world);
                Call { input: number.to_string(), right: 1, begin: Box::new(move || part(Arc::clone(&world))) }
            },
            holds: |_, _, _| Ok(()),
            counts: |_, _| Counts::new(),
        }
    }

    async fn at_once(_: Arc<Mutex<()>>) -> u64 {
        sleep(Duration::from_millis(SERVICE_MS)).await;
        1
    }

    async fn one_at_a_time(turn: Arc<Mutex<()>>) -> u64 {
        let _turn = turn.lock().await;
        sleep(Duration::from_millis(SERVICE_MS)).await;
        1
    }

    fn played(part: Part, seed: u64, calls: usize) -> Played {
        play(&lab(), part, "a case", Arrive::AtRandom, seed, calls).expect("it is answered").0
    }

    #[test]
    fn a_queue_waits_as_theory_says_and_nobody_waits_where_there_is_none() {
        let theory = 20.0 + lab_results::queueing::mean_wait_of_constant_service(0.9, 20.0);
        let queue = played(|world| Box::pin(one_at_a_time(world)), 7, 40_000);
        // Waits of neighbours resemble each other: some percent are left.
        assert!((queue.mean_ms() / theory - 1.0).abs() < 0.1, "{} ms, theory {theory} ms", queue.mean_ms());
        let free = played(|world| Box::pin(at_once(world)), 7, 1_000);
        assert_eq!((free.mean_ms(), free.percentile_ms(0.99)), (20.0, 20.0));
        assert!(free.peak_in_flight < 10 && queue.peak_in_flight > 10);
    }

    #[test]
    fn a_seed_brings_the_same_to_the_last_digit() {
        let part: Part = |world| Box::pin(one_at_a_time(world));
        assert_eq!(played(part, 7, 500), played(part, 7, 500));
        assert_ne!(played(part, 7, 500), played(part, 8, 500));
    }

    #[test]
    fn whoever_is_never_answered_ends_the_run_and_is_no_wrong_answer() {
        let never: Part = |_| Box::pin(std::future::pending());
        let error = play(&lab(), never, "a case", Arrive::AtOnce, 7, 3).expect_err("nobody answers");
        assert!(error.to_string().starts_with("call 1 of 3 has no answer"), "{error}");
        assert!(error.downcast::<Wrong>().is_err());
    }

    #[test]
    fn a_wrong_answer_is_told() {
        let wrong: Part = |_| Box::pin(async { 2 });
        let error = play(&lab(), wrong, "a case", Arrive::Apart, 7, 3).expect_err("it is wrong");
        assert!(error.downcast::<Wrong>().is_ok());
    }

    #[test]
    #[should_panic(expected = "on purpose")]
    fn a_panic_is_a_panic() {
        let _ = play(&lab(), |_| Box::pin(async { panic!("on purpose") }), "a case", Arrive::AtOnce, 7, 3);
    }
}
