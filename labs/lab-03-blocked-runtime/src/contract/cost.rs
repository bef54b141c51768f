//! What a sign-in costs, as a multiple of the hash that it owes: the same for customers and for strangers.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use argon2::{Argon2, PasswordVerifier};
use lab_harness::probe::{allocations, process_cpu_time, thread_cpu_time};
use lab_harness::results::stats;
use orderflow_accounts::{Accounts, Credentials, SignIn};
use tokio::runtime::Runtime;

use super::crowd::{KINDS, hold_against};

/// How often each kind of sign-in is asked for: in turns with the hash that it owes, on other accounts each time.
const ROUNDS: usize = 6;

/// Hashes computed for a sign-in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashes {
    /// By CPU time, for the kind of sign-in that costs least. Far below one: somebody remembers passwords, or lets strangers off, who learn by the time to the
    /// answer which addresses exist.
    pub(super) cheapest: f64,
    /// For the kind that costs most: by the memory that it asks for, or by its CPU time as a multiple of the least. A thread that is new for
    /// each sign-in takes half as much CPU time again, for everybody alike: that is no second hash.
    pub(super) dearest: f64,
    /// The memory of the kind that asks for most, divided by that of the kind that asks for least. Memory is exact: a hash that is only a
    /// little weaker for strangers shows here, and not in its CPU time. It is 1 where the same memory is used again for everybody.
    pub(super) memory_most_over_least: f64,
    /// The times to the answer for strangers and for customers who mistype, the longer divided by the shorter: who waits tells as much as
    /// who does not.
    pub(super) denial_time_most_over_least: f64,
}

/// Takes the CPU time of sign-ins with the right password, with a wrong one and for an unknown address.
pub(super) fn hashes_per_sign_in(
    part: SignIn,
    accounts: &Arc<Accounts>,
    known: &[Credentials],
    pod: &Runtime,
) -> Result<Hashes> {
    let mut all = KINDS.map(|_| Cost::default());
    // Each of them twice: whoever remembers the answer has it the second time. One account is some years old, with a hash of its time. The
    // kinds take turns, so that what else the machine does meets all of them.
    for typed in [&known[1], &known[3], &known[4]].into_iter().cycle().take(ROUNDS) {
        for (kind, cost) in KINDS.iter().zip(&mut all) {
            let (typed, expected) = kind(accounts, typed);
            let hash = accounts.find(&typed.email).password_hash;
            let before = thread_cpu_time();
            let verify = || Argon2::default().verify_password(typed.password.as_bytes(), hash.as_str());
            let (_opens, owed) = allocations::count(verify);
            cost.owed_s.push((thread_cpu_time() - before).as_secs_f64());
            let (began, before) = (Instant::now(), process_cpu_time());
            let sign_in = || pod.block_on((part.sign_in)(Arc::clone(accounts), typed.clone()));
            let (answer, spent) = allocations::count(sign_in);
            cost.waited_s.push(began.elapsed().as_secs_f64());
            cost.spent_s.push((process_cpu_time() - before).as_secs_f64());
            hold_against("what a sign-in costs", &typed, expected, answer)?;
            cost.memory.push(spent.bytes_requested as f64 / owed.bytes_requested.max(1) as f64);
        }
    }
    Ok(Hashes::of(&all))
}

/// What one kind of sign-in cost, each time.
#[derive(Debug, Default)]
struct Cost {
    /// CPU time of the hash that was owed.
    owed_s: Vec<f64>,
    /// CPU time of the whole process for the sign-in.
    spent_s: Vec<f64>,
    /// Time to the answer.
    waited_s: Vec<f64>,
    /// The memory that it asked for, as a multiple of what its hash asks for.
    memory: Vec<f64>,
}

impl Hashes {
    fn of(kinds: &[Cost; 3]) -> Hashes {
        let cpu: Vec<[f64; 2]> = kinds.iter().map(|kind| multiples(&kind.spent_s, &kind.owed_s)).collect();
        let cheapest = cpu.iter().map(|[least, median]| least.max(*median)).fold(f64::INFINITY, f64::min);
        let most_cpu = cpu.iter().map(|[least, median]| least.min(*median)).fold(0.0, f64::max);
        let memory = kinds.iter().flat_map(|kind| &kind.memory).copied().fold(0.0, f64::max);
        let usual = kinds.iter().map(|kind| stats::median(&kind.memory).unwrap_or(f64::NAN));
        // Who mistypes and who is unknown get the same answer; one that comes later for all who get it is nobody's secret.
        let [_, wrong, stranger] = kinds;
        let stranger_over_wrong = least(&stranger.waited_s) / least(&wrong.waited_s);
        Hashes {
            cheapest,
            dearest: memory.max(most_cpu / cheapest),
            memory_most_over_least: most_over_least(usual),
            denial_time_most_over_least: stranger_over_wrong.max(1.0 / stranger_over_wrong),
        }
    }
}

/// Multiples below a hundredth count as a hundredth, so that there is a ratio; all of them below a tenth are the same.
fn most_over_least(memory: impl Iterator<Item = f64>) -> f64 {
    let (least, most) = memory.fold((f64::INFINITY, 0.0_f64), |(least, most), kind| (least.min(kind), most.max(kind)));
    if most < 0.1 { 1.0 } else { most / least.max(0.01) }
}

/// `spent / owed` by the least and by the median of each. On a busy machine a computation takes up to half as much CPU time again, because
/// it shares a core's caches; that moves one of the two now and then, and hardly ever both in the same direction.
fn multiples(spent_s: &[f64], owed_s: &[f64]) -> [f64; 2] {
    let median = |times: &[f64]| stats::median(times).unwrap_or(f64::NAN);
    [least(spent_s) / least(owed_s), median(spent_s) / median(owed_s)]
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
        Cost { owed_s: noisy(0.018), waited_s: spent_s.clone(), spent_s, memory: vec![memory; ROUNDS] }
    }

    fn hashes(kinds: [(f64, f64); 3]) -> [f64; 2] {
        let Hashes { cheapest, dearest, .. } = Hashes::of(&kinds.map(|(hashes, memory)| kind(hashes, memory)));
        [cheapest, dearest].map(|multiple| (multiple * 100.0).round() / 100.0)
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
    fn an_answer_that_comes_later_for_some_who_are_denied_shows() {
        let kinds = || [kind(1.0, 1.0), kind(1.0, 1.0), kind(1.0, 1.0)];
        assert_eq!(Hashes::of(&kinds()).denial_time_most_over_least, 1.0);
        for later in [1, 2] {
            let mut kinds = kinds();
            kinds[later].waited_s.iter_mut().for_each(|waited_s| *waited_s += 0.25);
            assert!(Hashes::of(&kinds).denial_time_most_over_least > 10.0);
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
        assert_eq!(Hashes::of(&[kind(1.0, 0.0), grown, kind(1.0, 0.0)]).memory_most_over_least, 1.0);
    }
}
