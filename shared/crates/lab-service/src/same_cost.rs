//! What a call costs, as a multiple of the work that it owes: the same for all kinds of callers.

use std::fmt::Debug;
use std::time::Instant;

use anyhow::Result;
use lab_harness::probe::{allocations, process_cpu_time, thread_cpu_time};
use lab_harness::results::stats;
use tokio::runtime::Runtime;

use lab_harness::call::{Call, hold};

/// What the calls of each kind cost.
#[derive(Debug)]
pub(crate) struct Costs {
    kinds: Vec<Cost>,
}

/// What one kind of call cost, each time.
#[derive(Debug, Clone, Default)]
struct Cost {
    /// CPU time of the work that was owed.
    owed_s: Vec<f64>,
    /// CPU time of the whole process for the call.
    spent_s: Vec<f64>,
    /// Time to the answer.
    waited_s: Vec<f64>,
    /// The memory that it asked for, as a multiple of what the owed work asks for.
    memory: Vec<f64>,
}

/// Takes the cost of calls, each of a kind, in turns with the work that it owes, which is done on this thread. Whoever remembers an answer
/// has it the second time, so each call should come twice; and the kinds should take turns, so that what else the machine does meets all
/// of them.
///
/// # Errors
/// Somebody was answered wrongly: a [`crate::Wrong`].
pub(crate) fn costs<A: PartialEq + Debug, T>(
    runtime: &Runtime,
    case: &str,
    kinds: usize,
    calls: impl IntoIterator<Item = (usize, Call<A>, impl FnOnce() -> T)>,
) -> Result<Costs> {
    let mut costs = Costs { kinds: vec![Cost::default(); kinds] };
    for (kind, Call { input, right, begin }, owes) in calls {
        let cost = &mut costs.kinds[kind];
        let before = thread_cpu_time();
        let (_done, owed) = allocations::count(owes);
        cost.owed_s.push((thread_cpu_time() - before).as_secs_f64());
        let (began, before) = (Instant::now(), process_cpu_time());
        let (answer, spent) = allocations::count(|| runtime.block_on(begin()));
        cost.waited_s.push(began.elapsed().as_secs_f64());
        cost.spent_s.push((process_cpu_time() - before).as_secs_f64());
        hold(case, &input, &right, &answer)?;
        cost.memory.push(spent.bytes_requested as f64 / owed.bytes_requested.max(1) as f64);
    }
    Ok(costs)
}

impl Costs {
    /// How often the owed work is done, by CPU time, for the kind of call that costs least. Far below one: somebody remembers answers, or
    /// lets some callers off, who learn from the time to the answer what they are not to know.
    pub(crate) fn cheapest(&self) -> f64 {
        self.multiples().map(|[least, median]| least.max(median)).fold(f64::INFINITY, f64::min)
    }

    /// The same for the kind that costs most: by the memory that it asks for, or by its CPU time as a multiple of the least. A thread that
    /// is new for each call takes half as much CPU time again, for everybody alike: that is no second piece of work.
    pub(crate) fn dearest(&self) -> f64 {
        let most_cpu = self.multiples().map(|[least, median]| least.min(median)).fold(0.0, f64::max);
        let memory = self.kinds.iter().flat_map(|kind| &kind.memory).copied().fold(0.0, f64::max);
        memory.max(most_cpu / self.cheapest())
    }

    /// The memory of the kind that asks for most, divided by that of the kind that asks for least. Memory is exact: work that is only a
    /// little weaker for some shows here, and not in its CPU time. It is 1 where the same memory is used again for everybody.
    pub(crate) fn memory_most_over_least(&self) -> f64 {
        most_over_least(self.kinds.iter().map(|kind| stats::median(&kind.memory).unwrap_or(f64::NAN)))
    }

    /// The times to the answer of two kinds, the longer divided by the shorter: who waits tells as much as who does not.
    pub(crate) fn wait_most_over_least(&self, [one, other]: [usize; 2]) -> f64 {
        let ratio = least(&self.kinds[one].waited_s) / least(&self.kinds[other].waited_s);
        ratio.max(1.0 / ratio)
    }

    /// `spent / owed` of each kind by the least and by the median of each. On a busy machine a computation takes up to half as much CPU
    /// time again, because it shares a core's caches; that moves one of the two now and then, and hardly ever both in the same direction.
    fn multiples(&self) -> impl Iterator<Item = [f64; 2]> {
        let median = |times: &[f64]| stats::median(times).unwrap_or(f64::NAN);
        self.kinds
            .iter()
            .map(move |Cost { spent_s, owed_s, .. }| [least(spent_s) / least(owed_s), median(spent_s) / median(owed_s)])
    }
}

/// Multiples below a hundredth count as a hundredth, so that there is a ratio; all of them below a tenth are the same.
fn most_over_least(memory: impl Iterator<Item = f64>) -> f64 {
    let (least, most) = memory.fold((f64::INFINITY, 0.0_f64), |(least, most), kind| (least.min(kind), most.max(kind)));
    if most < 0.1 { 1.0 } else { most / least.max(0.01) }
}

fn least(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As on a busy machine: every other computation takes half as much CPU time again, on either side.
    fn kind(hashes: f64, memory: f64) -> Cost {
        let noise = [1.0, 1.5, 1.02, 1.4, 1.0, 1.5];
        let noisy = |hash_s: f64| noise.map(|noise| hash_s * noise).to_vec();
        let mut spent_s = noisy(0.018 * hashes);
        spent_s.rotate_left(1);
        Cost { owed_s: noisy(0.018), waited_s: spent_s.clone(), spent_s, memory: vec![memory; 6] }
    }

    fn hashes(kinds: [(f64, f64); 3]) -> [f64; 2] {
        let costs = Costs { kinds: kinds.map(|(hashes, memory)| kind(hashes, memory)).into() };
        [costs.cheapest(), costs.dearest()].map(|multiple| (multiple * 100.0).round() / 100.0)
    }

    #[test]
    fn one_hash_for_everybody_is_one_hash_however_noisy() {
        assert_eq!(hashes([(1.0, 1.0); 3]), [1.0, 1.0]);
        // New threads cost more, for everybody alike.
        assert_eq!(hashes([(1.6, 1.0); 3]), [1.6, 1.0]);
    }

    #[test]
    fn less_for_some_and_more_for_some_show() {
        assert_eq!(hashes([(1.0, 1.0), (1.0, 1.0), (0.5, 0.5)]), [0.5, 2.0]);
        assert_eq!(hashes([(0.001, 0.0), (1.0, 1.0), (1.0, 1.0)])[0], 0.0);
        assert_eq!(hashes([(1.0, 1.0), (2.0, 2.0), (1.0, 1.0)]), [1.0, 2.0]);
        // More passes over the same memory.
        assert_eq!(hashes([(1.0, 1.0), (1.0, 1.0), (3.0, 1.0)]), [1.0, 3.0]);
        // Two hashes for everybody.
        assert_eq!(hashes([(2.0, 2.0); 3]), [2.0, 2.0]);
    }

    #[test]
    fn an_answer_that_comes_later_for_some_shows() {
        let same = Costs { kinds: vec![kind(1.0, 1.0); 3] };
        assert_eq!(same.wait_most_over_least([1, 2]), 1.0);
        for later in [1, 2] {
            let mut costs = Costs { kinds: vec![kind(1.0, 1.0); 3] };
            costs.kinds[later].waited_s.iter_mut().for_each(|waited_s| *waited_s += 0.25);
            assert!(costs.wait_most_over_least([1, 2]) > 10.0);
        }
    }

    #[test]
    fn a_little_less_memory_for_some_shows_and_memory_that_is_used_again_does_not() {
        assert_eq!(most_over_least([1.0, 1.0, 1.0].into_iter()), 1.0);
        assert!(most_over_least([1.0, 1.001, 16.0 / 19.0].into_iter()) > 1.15);
        assert_eq!(most_over_least([0.0, 1.0, 1.0].into_iter()), 100.0);
        assert_eq!(most_over_least([0.0, 0.001, 0.02].into_iter()), 1.0);
        // A buffer that had to grow once is no other hash.
        let grown = Cost { memory: vec![0.0, 0.0, 1.0, 0.0, 0.0, 0.0], ..kind(1.0, 0.0) };
        assert_eq!(Costs { kinds: vec![kind(1.0, 0.0), grown, kind(1.0, 0.0)] }.memory_most_over_least(), 1.0);
    }
}
