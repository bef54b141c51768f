//! What a checkout must keep true, as customers see it over HTTP, and as it is in the database and in the bank's books afterwards.
//!
//! - An order is charged once, however many people pay it, one after the other or at once, and however long the bank takes.
//! - Nobody pays what is cancelled or shipped, nor cancels what is paid or shipped. Of one who pays and one who cancels, one is refused.
//! - A declined card leaves the order as it was, so that it can be paid later.
//! - What the customer is told is saved: the status, the audit log and the charge say the same.
//! - A bank whose answer was lost is not asked again, and meanwhile nobody can pay or cancel the order.

use std::time::Duration;

use orderflow::Order;
use orderflow_payments::{Mood, Reply};

use crate::OrderState;
use crate::obstacles::{CLOSED, never, shipped, unrecorded};
use crate::orders::{CANCELLED, PAID, PAYING, PENDING};
use crate::state::{cancelled, is, paid};

/// What somebody asks of an order: the last part of its route.
pub type Action = &'static str;

/// To pay an order.
const PAY: Action = "pay";
/// To call an order off.
const CANCEL: Action = "cancel";

/// The statuses of answers, in ascending order, and the states of orders.
pub type Outcome = (Vec<u16>, Vec<OrderState>);

/// Requests that come at once, and all that may come of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What happens, for people.
    pub name: String,
    /// What is asked of which order, by its reference.
    pub requests: Vec<(String, Action)>,
    /// How they may be answered, and what the orders that the rule is about may be like afterwards.
    pub outcomes: Vec<Outcome>,
}

impl Rule {
    /// The orders that the rule is about, by their references.
    pub fn orders(&self) -> Vec<String> {
        let states = self.outcomes.iter().take(1).flat_map(|(_, states)| states);
        states.map(|state| state.reference.clone()).collect()
    }
}

/// Orders that the rules need.
pub const ORDERS: usize = 128;
/// How long the bank takes for some: longer than customers were promised an answer in, and not so long that a check takes seconds.
const SLOWLY: Duration = Duration::from_millis(700);

/// All rules, and what the shop must stand between while it is asked.
#[derive(Debug)]
pub struct Rules {
    /// The simple ones first.
    pub all: Vec<Rule>,
    /// How the bank treats some orders; it is quick for all others, and accepts them.
    pub moods: Vec<(String, Mood)>,
    /// Statements after which some orders cannot be changed.
    pub obstacles: String,
}

impl Rules {
    /// For these orders, at least [`ORDERS`] of them. Each has a part in one rule, or in several that are played one after the other.
    pub fn of(orders: &[Order]) -> Rules {
        let most = |of: fn(&Order) -> i64| (0..orders.len()).max_by_key(|&order| of(&orders[order])).unwrap_or(0);
        let [dearest, longest] = [most(|order| order.total().0), most(|order| order.lines.len() as i64)];
        let mut free = (0..orders.len()).filter(|order| ![dearest, longest].contains(order));
        let [first, second, with_carrier, card, accepted, declined, left, unpaid, other_paid, kept, other_left] =
            std::array::from_fn(|_| free.next().unwrap_or(0));
        let mut some = |count| -> Vec<usize> { free.by_ref().take(count).collect() };
        let [lost, wanted, contested, payers, leavers, alone, slow] = [2, 1, 4, 20, 20, 1, 40].map(&mut some);
        let these = |numbers: &[usize]| -> Vec<&Order> { numbers.iter().map(|&order| &orders[order]).collect() };

        let (yes, mood) = (Mood::quick(Reply::Accepted), |order: usize, mood| (orders[order].reference.clone(), mood));
        let mut moods = vec![
            mood(card, Mood { first: Reply::Declined, ..yes }),
            mood(declined, Mood::quick(Reply::Declined)),
            mood(lost[0], Mood::quick(Reply::Unavailable)),
            mood(lost[1], Mood::quick(Reply::LostAfterCharge)),
        ];
        moods.extend(slow.iter().map(|&order| mood(order, Mood { latency: SLOWLY, ..yes })));
        let never = never(PAID, [unpaid, other_paid]) + &never(CANCELLED, [kept, other_left]);
        let obstacles = shipped(with_carrier) + &unrecorded(&[accepted, declined, left]) + &never;

        let mut all = one_by_one(&these(&[first, second, with_carrier, card]));
        all.extend(at_the_limits(&orders[dearest], &orders[longest]));
        all.extend(at_once(&orders[wanted[0]], &these(&contested)));
        all.push(all_are("twenty people pay at once", &these(&payers), PAY, paid));
        all.push(all_are("twenty people cancel at once", &these(&leavers), CANCEL, cancelled));
        let untouched = outcome(&[], [is(&orders[alone[0]], PENDING, &[], 0)]);
        all.push(rule("an order that nobody touched", Vec::new(), [untouched]));
        all.extend(halfway(&these(&[accepted, declined, left, unpaid, kept])));
        all.extend(these(&lost).into_iter().enumerate().flat_map(|(charges, order)| lost_answer(order, charges)));
        let name = format!("{} people pay at once while the bank takes {SLOWLY:?}", slow.len());
        all.push(all_are(&name, &these(&slow), PAY, paid));
        Rules { all, moods, obstacles }
    }
}

fn one_by_one(orders: &[&Order]) -> Vec<Rule> {
    let [first, second, with_carrier, card] = [0, 1, 2, 3].map(|order| orders[order]);
    let unchanged = || [is(with_carrier, "shipped", &[], 0)];
    vec![
        one("an order is paid", first, PAY, 204, [paid(first)]),
        one("it is paid a second time", first, PAY, 409, [paid(first)]),
        one("a paid order is cancelled", first, CANCEL, 409, [paid(first)]),
        one("an order is cancelled", second, CANCEL, 204, [cancelled(second)]),
        one("it is cancelled a second time", second, CANCEL, 409, [cancelled(second)]),
        one("a cancelled order is paid", second, PAY, 409, [cancelled(second)]),
        one("a shipped order is paid", with_carrier, PAY, 409, unchanged()),
        one("a shipped order is cancelled", with_carrier, CANCEL, 409, unchanged()),
        one("the card is declined", card, PAY, 402, [is(card, PENDING, &["declined"], 0)]),
        one("it is accepted the next time", card, PAY, 204, [is(card, PAID, &["declined", "paid"], 1)]),
    ]
}

fn at_the_limits(dearest: &Order, longest: &Order) -> Vec<Rule> {
    let mut rules = vec![one("the dearest order is paid", dearest, PAY, 204, [paid(dearest)])];
    if longest != dearest {
        rules.push(one("the order with the most lines is paid", longest, PAY, 204, [paid(longest)]));
    }
    rules.extend(["XX-00000", "%27%20OR%20%271%27=%271", "%E6%98%8E"].map(|reference| {
        let both = [PAY, CANCEL].map(|action| (reference.into(), action)).into();
        rule(&format!("there is no order {reference}"), both, [outcome(&[404, 404], [])])
    }));
    rules
}

fn at_once(wanted: &Order, contested: &[&Order]) -> Vec<Rule> {
    let one_wins = outcome(&[204, 409, 409, 409, 409, 409, 409, 409, 409, 409], [paid(wanted)]);
    let mut rules = vec![rule("ten people pay the same order at once", requests([wanted; 10], PAY), [one_wins])];
    rules.extend(contested.iter().map(|&order| {
        let both = [PAY, CANCEL].map(|action| (order.reference.clone(), action)).into();
        let either = [paid(order), cancelled(order)].map(|either| outcome(&[204, 409], [either]));
        rule("somebody pays while somebody else cancels", both, either)
    }));
    rules
}

/// Something cannot be saved. What is not in the audit log was not done, nor what the order's status does not say, and nobody is told that
/// it was; whether the one was written before the other failed is left open.
fn halfway(orders: &[&Order]) -> [Rule; 5] {
    let [accepted, declined, left, unpaid, kept] = [0, 1, 2, 3, 4].map(|order| orders[order]);
    let unrecorded = |order, statuses: [&str; 2], charges| statuses.map(|status| is(order, status, &[CLOSED], charges));
    let (yes, no) = (unrecorded(accepted, [PAID, PAYING], 1), unrecorded(declined, [PENDING, PAYING], 0));
    let off = unrecorded(left, [CANCELLED, PENDING], 0);
    let paying = [&[][..], &["paid"]].map(|audit| is(unpaid, PAYING, audit, 1));
    let pending = [&[][..], &["cancelled"]].map(|audit| is(kept, PENDING, audit, 0));
    [
        one("an order is paid and the audit log fails", accepted, PAY, 500, yes),
        one("a card is declined and the audit log fails", declined, PAY, 500, no),
        one("an order is cancelled and the audit log fails", left, CANCEL, 500, off),
        one("an order is paid and its status cannot be saved", unpaid, PAY, 500, paying),
        one("an order is cancelled and its status cannot be saved", kept, CANCEL, 500, pending),
    ]
}

/// Nobody but the bank knows whether the card was charged.
fn lost_answer(order: &Order, charges: usize) -> [Rule; 3] {
    let then = || [is(order, PAYING, &[], charges)];
    [
        one("the gateway's answer is lost", order, PAY, 502, then()),
        one("somebody pays whose charge is unknown", order, PAY, 409, then()),
        one("somebody cancels whose charge is unknown", order, CANCEL, 409, then()),
    ]
}

/// All of them want the same at once, and get it.
fn all_are(name: &str, orders: &[&Order], action: Action, then: fn(&Order) -> OrderState) -> Rule {
    let done = outcome(&vec![204; orders.len()], orders.iter().map(|order| then(order)));
    rule(name, requests(orders.iter().copied(), action), [done])
}

/// One request, after which the order is in one of these states.
fn one<const N: usize>(name: &str, order: &Order, action: Action, status: u16, then: [OrderState; N]) -> Rule {
    rule(name, requests([order], action), then.map(|state| outcome(&[status], [state])))
}

fn rule<const N: usize>(name: &str, requests: Vec<(String, Action)>, outcomes: [Outcome; N]) -> Rule {
    Rule { name: name.into(), requests, outcomes: outcomes.into() }
}

fn requests<'a>(orders: impl IntoIterator<Item = &'a Order>, action: Action) -> Vec<(String, Action)> {
    orders.into_iter().map(|order| (order.reference.clone(), action)).collect()
}

fn outcome(statuses: &[u16], states: impl IntoIterator<Item = OrderState>) -> Outcome {
    (statuses.to_vec(), states.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use orderflow_store::Scale;

    use super::*;

    #[test]
    fn there_are_orders_for_all_rules_and_a_crowds_orders_have_no_other_part() {
        for seed in [1, 7, 42] {
            let orders = Scale { seed, orders: ORDERS, customers: 200, products: 100 }.stored_orders();
            let Rules { all, moods, .. } = Rules::of(&orders);
            assert_eq!(moods.len(), 4 + 40);
            let of_crowds: Vec<String> =
                all.iter().filter(|rule| rule.requests.len() > 1).flat_map(Rule::orders).collect();
            let alone = all.iter().filter(|rule| rule.requests.len() <= 1).flat_map(Rule::orders);
            let both: HashSet<String> = of_crowds.iter().cloned().chain(alone).collect();
            assert_eq!(of_crowds.len(), 1 + 4 + 20 + 20 + 40);
            // Beside the crowds': four, two at the limits (or one that is both), one untouched, five, and two whose answer is lost.
            let others = both.len() - of_crowds.len();
            assert!(others == 14 || others == 13, "{others}");
        }
    }
}
