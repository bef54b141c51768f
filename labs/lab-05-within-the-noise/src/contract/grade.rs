//! What of a review holds when it is measured again.

use std::hint::black_box;
use std::time::Instant;

use lab_harness::pairing::{Clock, Sampling, Side, collect};
use lab_harness::probe::allocations;
use lab_harness::results::gate::{counted, figure};
use lab_harness::results::stats::{median, percentile};

use super::{
    Decision, Evidence, LINES, MOST_LINES, MUCH_SLOWER, Opinion, OrderLine, Review, order, order_line, order_of,
};
use crate::confirmation::{CHANGES, Confirmation, on_main};

/// Counts that differ by this share are the same: another compiler may save a request here or there.
const EXACT: f64 = 0.01;
/// Pairs that tell how many times slower something is. Who says `Slower` says twice or more, and that a few pairs tell.
const PAIRS: usize = 12;
/// Tries of timing something once.
const TRIES: usize = 200;
/// More bytes than the caches next to a core hold.
const CACHE: usize = 4 << 20;

/// The opinions in the order of [`CHANGES`].
pub(super) fn opinions(review: &Review) -> [&Opinion; 4] {
    [&review.pr_231, &review.pr_234, &review.pr_237, &review.pr_240]
}

/// Why nobody can measure an opinion again, where that is so.
pub(super) fn malformed(opinion: &Opinion) -> Option<String> {
    let is_taken = |lines: usize| (1..=MOST_LINES).contains(&lines);
    let is_time = |us: f64| us.is_finite() && us > 0.0;
    let is_line = |line: &OrderLine| {
        (1..=1_000).contains(&line.quantity)
            && (0..=100_000_000).contains(&line.unit_price.0)
            && [&line.sku, &line.name].iter().all(|text| text.len() <= 100)
    };
    let size = |lines: usize| {
        (!is_taken(lines))
            .then(|| format!("an order of {lines} lines; the shop takes 1 to {}", figure(MOST_LINES as f64)))
    };
    match &opinion.evidence {
        Evidence::TimedOnce { on_main_us, with_change_us } => {
            (!is_time(*on_main_us) || !is_time(*with_change_us)).then(|| "a time that is none".into())
        }
        Evidence::Allocations { lines, .. } => size(*lines),
        Evidence::Slower { lines, times } => {
            size(*lines).or_else(|| (!is_time(*times)).then(|| "a ratio that is none".into()))
        }
        Evidence::Differs { order } => size(order.len()).or_else(|| {
            let why = "a line that the shop takes from nobody: 1 to 1,000 pieces, 0 to 1,000,000.00 each, texts of up to 100 bytes";
            (!order.iter().all(is_line)).then(|| why.into())
        }),
    }
}

/// What speaks against an opinion, a sentence each.
pub(super) fn objections(change: Confirmation, opinion: &Opinion, seed: u64) -> Vec<String> {
    [by_decision(change, opinion.decision, seed), by_evidence(change, opinion)].into_iter().flatten().collect()
}

/// What the judge's own measurements say against a decision. They do not say what the learner has to find: at which size, with which order.
fn by_decision(change: Confirmation, decision: Decision, seed: u64) -> Option<String> {
    let [on_main, with_change] = allocations_of(change, &order(LINES));
    let is_worse = || differs(change, seed) || times_slower(change, MOST_LINES) >= MUCH_SLOWER;
    let saves = with_change < on_main;
    match decision {
        Decision::Merge if !saves => Some(format!(
            "you merge it, and it saves nothing: for {LINES} lines main asks the allocator {on_main} times, and the change {with_change} times"
        )),
        Decision::Merge if is_worse() => {
            Some("you merge it, and with some order that the shop takes something speaks against it".into())
        }
        Decision::Decline if saves && !is_worse() => {
            Some("you decline it, and the judge found a gain and nothing against it, with no order of any size".into())
        }
        _ => None,
    }
}

/// What of the evidence is another figure when it is measured again, or speaks for the other decision.
fn by_evidence(change: Confirmation, opinion: &Opinion) -> Option<String> {
    let speaks_for = match &opinion.evidence {
        Evidence::TimedOnce { on_main_us, with_change_us } => {
            let [low, _, high] = timed_once(on_main::confirmation);
            let ratio = on_main_us / with_change_us;
            return Some(format!(
                "{ratio:.2}x was timed once, which proves nothing: just now main against itself came to {low:.2}x up to {high:.2}x"
            ));
        }
        Evidence::Allocations { lines, on_main, with_change } => {
            let found = allocations_of(change, &order(*lines));
            let is_exact = |said: u64, found: u64| (said as f64 - found as f64).abs() <= EXACT * found as f64;
            let has_sign = on_main.cmp(with_change) == found[0].cmp(&found[1]);
            if !has_sign || !is_exact(*on_main, found[0]) || !is_exact(*with_change, found[1]) {
                let [on_main, with_change] = found;
                let lines = counted(*lines as u64, "lines");
                return Some(format!(
                    "for {lines} main asks the allocator {on_main} times, and the change {with_change} times"
                ));
            }
            if found[1] < found[0] { Decision::Merge } else { Decision::Decline }
        }
        Evidence::Slower { lines, times } => {
            let found = times_slower(change, *lines);
            if found < MUCH_SLOWER.max(times / 2.0) || *times < MUCH_SLOWER {
                let lines = counted(*lines as u64, "lines");
                return Some(format!(
                    "for {lines} it takes {found:.1} times as much CPU time as main; you say {times:.1} times, and only {MUCH_SLOWER} or more count"
                ));
            }
            Decision::Decline
        }
        Evidence::Differs { order } if change(order) == on_main::confirmation(order) => {
            return Some("for the order that you give its text is the one that main writes".into());
        }
        Evidence::Differs { .. } => Decision::Decline,
    };
    (speaks_for != opinion.decision).then(|| "its evidence holds, and does not speak for the decision".into())
}

/// Requests to the allocator of one call on main, and of one with the change.
pub(super) fn allocations_of(change: Confirmation, order: &[OrderLine]) -> [u64; 2] {
    [on_main::confirmation, change].map(|confirmation| allocations::count(|| confirmation(black_box(order))).1.count)
}

/// Whether the change writes another text for any order that the judge tries.
fn differs(change: Confirmation, seed: u64) -> bool {
    let sorted = [1, 2, 3, 20, LINES, 200].map(|lines| order_of(seed, lines));
    let apart = vec![order_line("A", 1, 100), order_line("B", 2, 250), order_line("A", 3, 100)];
    let mut orders = Vec::from(sorted);
    // Customers do not sort their baskets.
    orders.extend(orders.clone().into_iter().map(|order| [order.clone(), order].concat()));
    orders.push(apart);
    orders.iter().any(|order| change(order) != on_main::confirmation(order))
}

/// CPU time of the change for an order of so many lines, divided by main's: the median of a few pairs.
pub(super) fn times_slower(change: Confirmation, lines: usize) -> f64 {
    let order = order(lines);
    let sampling = Sampling { inputs: 1, pairs: PAIRS, clock: Some(Clock::ProcessCpu), ..Sampling::new(lines as u64) };
    let pairs = collect(&sampling, |side, _input: usize| {
        let confirmation = if side == Side::First { change } else { on_main::confirmation };
        black_box(confirmation(black_box(&order)));
    });
    median(&pairs.log_ratios).map_or(f64::NAN, f64::exp)
}

/// How many times as fast as main a change seems to be when main is called once and then the change: of many tries the 5th, the 50th and the
/// 95th percentile. Between two tries memory is walked through, so that each begins like a program's first call.
pub(super) fn timed_once(change: Confirmation) -> [f64; 3] {
    let order = order(LINES);
    let mut memory = vec![0_u8; CACHE];
    let time = |confirmation: Confirmation| {
        let started = Instant::now();
        black_box(confirmation(black_box(&order)));
        started.elapsed().as_secs_f64()
    };
    let tries = (0..TRIES).map(|_| {
        memory.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_add(1));
        black_box(&mut memory);
        time(on_main::confirmation) / time(change).max(1e-9)
    });
    let ratios: Vec<f64> = tries.collect();
    [0.05, 0.5, 0.95].map(|q| percentile(&ratios, q).unwrap_or(f64::NAN))
}

/// The number of each pull request with its function and what is said of it.
pub(super) fn each(review: &Review) -> impl Iterator<Item = (u32, Confirmation, &Opinion)> {
    CHANGES.into_iter().zip(opinions(review)).map(|((number, change), opinion)| (number, change, opinion))
}
