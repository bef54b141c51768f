//! What a call of the part does to time, memory and whoever is beside it, counted in this process. Every answer on the way is read.

use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Context, Result};
use lab_harness::probe::polls::PollTimes;
use lab_harness::service;

use crate::beside::{polls, turns_of_others};
use crate::crowd::{all_at_once, peak_at_once};
use crate::hang_up::peak_of_those_who_hang_up;
use crate::lab::Counted;
use crate::patience::nobody_gives_up;
use crate::same_cost::{Costs, costs};
use lab_harness::call::{Call, case};

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
    /// What callers do, such as `sign in`; a call is a `sign_in` in the names of counts.
    pub verb: &'a str,
    /// The work that each call owes, such as `hash`, and several of it, such as `hashes`.
    pub work: [&'a str; 2],
    /// Workers of the runtime.
    pub workers: usize,
    /// Callers at once whose memory is counted.
    pub at_once: usize,
    /// What they are called together, such as `sign-ins at once`.
    pub unit: &'static str,
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
    /// Two kinds who are denied with the same answer: the time to it must not tell them apart. One that comes later for all who get it is
    /// nobody's secret.
    pub denied: [usize; 2],
}

impl<A: PartialEq + Debug + Send + 'static> InProcess<'_, A> {
    /// Counts all of it, under these names, where callers `sign in` and owe a `hash`:
    ///
    /// - `polls_per_sign_in`, `poll_cpu_ms_mean`, `poll_cpu_ms_max`: of calls one after the other;
    /// - `turns_of_others`: turns, of 1,000, that another task got on the same thread beside a call;
    /// - `peak_mib`, `hung_up_peak_mib`: held at once while many call at once, and while as many hang up;
    /// - `hashes_per_sign_in`, `hashes_per_sign_in_max`, `hash_memory_most_over_least`: what the kinds of calls cost, by CPU time for the cheapest kind, by CPU time or memory
    ///   for the dearest, and by memory for both;
    /// - `denial_time_most_over_least`: of those who are denied.
    ///
    /// # Errors
    /// Somebody was answered wrongly: a [`crate::Wrong`].
    pub fn count(&self) -> Result<Counted> {
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
        Ok(self.named_counts(&polls, turns, [peak, hung_up], &costs))
    }

    fn named_counts(&self, polls: &PollTimes, turns: u64, peaks: [u64; 2], costs: &Costs) -> Counted {
        let (call, [one, many], [peak, hung_up]) = (self.verb.replace(' ', "_"), self.work, peaks.map(mib));
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        let counts = [
            (format!("polls_per_{call}"), polls.polls() as f64 / POLLED as f64),
            ("poll_cpu_ms_mean".into(), ms(polls.busy()) / polls.polls() as f64),
            ("poll_cpu_ms_max".into(), ms(polls.longest())),
            ("turns_of_others".into(), turns as f64),
            ("peak_mib".into(), peak),
            ("hung_up_peak_mib".into(), hung_up),
            (format!("{many}_per_{call}"), costs.cheapest()),
            (format!("{many}_per_{call}_max"), costs.dearest()),
            (format!("{one}_memory_most_over_least"), costs.memory_most_over_least()),
            ("denial_time_most_over_least".into(), costs.wait_most_over_least(self.denied)),
        ];
        Counted { size: self.at_once as u64, unit: self.unit, counts: counts.into() }
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
