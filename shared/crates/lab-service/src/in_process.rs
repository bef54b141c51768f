//! What a call of the part does to time, memory and whoever is beside it, counted in this process. Every answer on the way is read.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use lab_harness::probe::polls::PollTimes;
use lab_harness::service;

use crate::beside::{polls, turns_of_others};
use crate::call::{Call, case};
use crate::crowd::{all_at_once, peak_at_once};
use crate::hang_up::peak_of_those_who_hang_up;
use crate::patience::nobody_gives_up;
use crate::same_cost::{Costs, costs};

/// Callers at once whose calls cost a fraction of a millisecond: more than any plausible limit of a queue.
const CROWD: usize = 500;
/// Callers who wait while an hour passes.
const PATIENT: usize = 6;
/// Calls whose polls are timed.
const POLLED: usize = 3;
/// Calls beside which another task wants its turns, at the most.
const BESIDE: usize = 5;
/// Callers whose cost is taken, and how often each of them calls.
const CALLERS: usize = 3;
const TIMES: usize = 2;

/// Makes a call of a kind, by a caller; both are numbers from 0, and the right answer to the first kind is what most callers get.
pub type Ask<'a, A> = &'a dyn Fn(usize, usize) -> Call<A>;

/// Work that a call owes, whoever calls.
pub type Owed = Box<dyn FnOnce()>;

/// A part that is called in this process, on a runtime with as many workers as the service has.
pub struct InProcess<'a, A> {
    /// What callers do, such as `sign in`.
    pub verb: &'a str,
    /// Workers of the runtime.
    pub workers: usize,
    /// Callers at once whose memory is counted.
    pub at_once: usize,
    /// How many kinds of calls there are.
    pub kinds: usize,
    /// Callers who cost next to nothing.
    pub quick: Ask<'a, A>,
    /// Callers whom nobody has seen, nor sees later: whoever remembers answers does not know these, and learns none that is counted.
    pub unseen: Ask<'a, A>,
    /// Callers of every day.
    pub usual: Ask<'a, A>,
    /// The work that the call of a usual caller owes.
    pub owed: &'a dyn Fn(usize, usize) -> Owed,
    /// Callers who hang up so long after they have called.
    pub hang_up: (Duration, Ask<'a, A>),
    /// Whether anything still goes on that one of those has begun.
    pub goes_on: &'a dyn Fn() -> bool,
}

/// What was counted.
#[derive(Debug)]
pub struct InProcessCounts {
    /// Polls of calls, one after the other.
    pub polls: Arc<PollTimes>,
    /// Polls of a call, on average.
    pub polls_per_call: f64,
    /// Turns, of 1,000, that another task got on the same thread beside a call.
    pub turns_of_others: f64,
    /// MiB held at once while many call at once.
    pub peak_mib: f64,
    /// MiB held at once while as many hang up.
    pub hung_up_peak_mib: f64,
    /// What the kinds of calls cost.
    pub costs: Costs,
}

impl<A: PartialEq + Debug + Send + 'static> InProcess<'_, A> {
    /// Counts all of it.
    ///
    /// # Errors
    /// Somebody was answered wrongly: a [`crate::Wrong`].
    pub fn count(&self) -> Result<InProcessCounts> {
        let (pod, verb, at_once) = (service::runtime(self.workers)?, self.verb, self.at_once);
        let crowd = named(format!("{CROWD} people {verb} at once, each with little to be done"));
        all_at_once(&pod, &crowd, of_kinds(self.quick, 1, CROWD))?;
        let patient = named(format!("an hour passes while {PATIENT} people wait to {verb}"));
        nobody_gives_up(self.workers, &patient, of_kinds(self.unseen, 1, PATIENT))?;

        let alone = named(format!("people {verb}, one after the other"));
        // The first call may set up what all later ones share.
        pod.block_on(((self.usual)(0, POLLED).begin)());
        let polls = polls(&pod, &alone, of_kinds(self.usual, 1, POLLED))?;
        let turns = turns_of_others(&format!("{alone}, beside a busy task"), of_kinds(self.usual, 1, BESIDE))?;
        let all = named(format!("{at_once} people {verb} at once, rightly and wrongly"));
        let peak = peak_at_once(&pod, &all, of_kinds(self.usual, self.kinds, at_once))?;
        let cost = named(format!("what it costs to {verb}"));
        let turn = (0..CALLERS).flat_map(|caller| (0..self.kinds).map(move |kind| (kind, caller)));
        let turns_of_all = std::iter::repeat_n(turn, TIMES).flatten();
        let calls = turns_of_all.map(|(kind, caller)| (kind, (self.usual)(kind, caller), (self.owed)(kind, caller)));
        let costs = costs(&pod, &cost, self.kinds, calls)?;
        let hanging_up = named(format!("{at_once} people begin to {verb} and hang up, one after the other"));
        let (after, ask) = self.hang_up;
        let mut callers = of_kinds(ask, self.kinds, at_once + 1);
        let last = callers.pop().context("somebody calls")?;
        let hung_up = peak_of_those_who_hang_up(&pod, &hanging_up, after, callers, last, || !(self.goes_on)())?;
        Ok(InProcessCounts {
            polls_per_call: polls.polls() as f64 / POLLED as f64,
            polls,
            turns_of_others: turns as f64,
            peak_mib: mib(peak),
            hung_up_peak_mib: mib(hung_up),
            costs,
        })
    }
}

/// Says what is looked at next.
fn named(name: String) -> String {
    case(&name);
    name
}

/// So many calls of the first kinds: all kinds of one caller, then of the next.
fn of_kinds<A>(ask: Ask<A>, kinds: usize, count: usize) -> Vec<Call<A>> {
    (0..count).map(|number| ask(number % kinds, number / kinds)).collect()
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
