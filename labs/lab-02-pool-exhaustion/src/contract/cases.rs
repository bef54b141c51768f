//! Right answers over the socket, and what is in the database and in the gateway's books afterwards.

use std::{ops::Range, time::Duration};

use lab_harness::load::Request;
use lab_service::{Case, Outcome};
use orderflow::Order;
use orderflow_payments::{Answering, Mood, Reply, moody};
use orderflow_shop::OrderState;
use orderflow_shop::obstacles::{CLOSED, never, shipped, unrecorded};
use orderflow_shop::state::{cancelled, is, paid};

use super::orders::{CANCELLED, PAID, PAYING, PENDING};
use super::{request, requests, scale};

/// Orders that the cases need.
pub(super) const ORDERS: usize = 128;
/// A card that is declined once.
const DECLINED: usize = 5;
/// Orders whose answer from the gateway is lost: the card was not charged, and it was charged once.
const LOST: [usize; 2] = [6, 7];
/// Orders that the audit log takes no entry for; the card of the second one is declined.
const UNRECORDED: Range<usize> = 8..11;
/// Orders that cannot become paid, or cancelled, because another one is.
const NEVER_PAID: [usize; 2] = [11, 12];
const NEVER_CANCELLED: [usize; 2] = [13, 14];
/// Orders for which the bank takes its time: longer than the promise. Whether somebody gives up after seconds is asked where they cost none.
const SLOW: Range<usize> = 15..55;
const SLOWLY: Duration = Duration::from_millis(700);
/// An order that is with the carrier already. Between the slow ones and this one, orders have no part of their own.
const SHIPPED: usize = ORDERS - 1;

/// Statements after which some orders cannot be changed, as the constants above say.
pub(super) fn obstacles() -> String {
    let never = never(PAID, NEVER_PAID) + &never(CANCELLED, NEVER_CANCELLED);
    shipped(SHIPPED) + &unrecorded(UNRECORDED) + &never
}

/// A gateway that is quick for most orders, declines two cards, one of them the first time only, and gives no answer for two orders.
pub(super) fn moods(seed: u64) -> Answering {
    let (yes, no) = (Mood::quick(Reply::Accepted), Mood::quick(Reply::Declined));
    let mood = |order| match order {
        DECLINED => Mood { first: Reply::Declined, ..yes },
        _ if order == UNRECORDED.start + 1 => no,
        _ if order == LOST[0] => Mood::quick(Reply::Unavailable),
        _ if order == LOST[1] => Mood::quick(Reply::LostAfterCharge),
        _ if SLOW.contains(&order) => Mood { latency: SLOWLY, ..yes },
        _ => yes,
    };
    let orders = scale(seed, ORDERS).stored_orders().into_iter().enumerate();
    moody(orders.map(|(number, order)| (order.reference, mood(number))))
}

/// The simple ones first.
pub(super) fn cases(orders: &[Order]) -> Vec<Case<OrderState>> {
    let slow: Vec<&Order> = orders[SLOW].iter().collect();
    let name = format!("{} people pay at once while the bank takes {SLOWLY:?}", slow.len());
    let all = one_by_one(orders).into_iter().chain(at_once(orders)).chain(halfway(orders));
    all.chain([all_are(&name, &slow, "pay", paid)]).collect()
}

fn one_by_one(orders: &[Order]) -> Vec<Case<OrderState>> {
    let [first, second, card, shipped] = [0, 1, DECLINED, SHIPPED].map(|order| &orders[order]);
    let [dearest, longest] = taken(orders).map(|order| &orders[order]);
    let with_carrier = || [is(shipped, "shipped", &[], 0)];
    let mut cases = vec![
        one("an order is paid", first, "pay", 204, [paid(first)]),
        one("it is paid a second time", first, "pay", 409, [paid(first)]),
        one("a paid order is cancelled", first, "cancel", 409, [paid(first)]),
        one("an order is cancelled", second, "cancel", 204, [cancelled(second)]),
        one("it is cancelled a second time", second, "cancel", 409, [cancelled(second)]),
        one("a cancelled order is paid", second, "pay", 409, [cancelled(second)]),
        one("a shipped order is paid", shipped, "pay", 409, with_carrier()),
        one("a shipped order is cancelled", shipped, "cancel", 409, with_carrier()),
        one("the card is declined", card, "pay", 402, [is(card, PENDING, &["declined"], 0)]),
        one("it is accepted the next time", card, "pay", 204, [is(card, PAID, &["declined", "paid"], 1)]),
        one("the dearest order is paid", dearest, "pay", 204, [paid(dearest)]),
    ];
    if longest != dearest {
        cases.push(one("the order with the most lines is paid", longest, "pay", 204, [paid(longest)]));
    }
    cases.extend(["XX-00000", "%27%20OR%20%271%27=%271", "%E6%98%8E"].map(|reference| {
        let both = ["pay", "cancel"].map(|action| request(reference, action)).into();
        case(&format!("there is no order {reference}"), both, [outcome(&[404, 404], [])], &[])
    }));
    cases
}

fn at_once(orders: &[Order]) -> Vec<Case<OrderState>> {
    // Those that no other case needs.
    let taken = taken(orders);
    let free = (SLOW.end..SHIPPED).filter(|order| !taken.contains(order)).map(|order| &orders[order]);
    let free: Vec<&Order> = free.collect();
    let (wanted, contested, payers, leavers, alone) = (free[0], &free[1..5], &free[5..25], &free[25..45], free[45]);
    let one_wins = [outcome(&[204, 409, 409, 409, 409, 409, 409, 409, 409, 409], [paid(wanted)])];
    let untouched = [outcome(&[], [is(alone, PENDING, &[], 0)])];
    let mut cases =
        vec![case("ten people pay the same order at once", requests([wanted; 10], "pay"), one_wins, &[wanted])];
    cases.extend(contested.iter().map(|&order| {
        let both = [requests([order], "pay"), requests([order], "cancel")].concat();
        let either = [paid(order), cancelled(order)].map(|either| outcome(&[204, 409], [either]));
        case("somebody pays while somebody else cancels", both, either, &[order])
    }));
    cases.push(all_are("twenty people pay at once", payers, "pay", paid));
    cases.push(all_are("twenty people cancel at once", leavers, "cancel", cancelled));
    cases.push(case("an order that nobody touched", Vec::new(), untouched, &[alone]));
    cases
}

/// Something fails halfway. What is not in the audit log was not done, nor what the order's status does not say, and nobody is told that it
/// was; whether the one was written before the other failed is left open. A gateway whose answer was lost is not asked again.
fn halfway(orders: &[Order]) -> Vec<Case<OrderState>> {
    let [accepted, declined, left] = [0, 1, 2].map(|part| &orders[UNRECORDED.start + part]);
    let [unpaid, kept] = [NEVER_PAID, NEVER_CANCELLED].map(|[order, _]| &orders[order]);
    let unrecorded = |order, statuses: [&str; 2], charges| statuses.map(|status| is(order, status, &[CLOSED], charges));
    let (yes, no) = (unrecorded(accepted, [PAID, PAYING], 1), unrecorded(declined, [PENDING, PAYING], 0));
    let off = unrecorded(left, [CANCELLED, PENDING], 0);
    let paying = [&[][..], &["paid"]].map(|audit| is(unpaid, PAYING, audit, 1));
    let pending = [&[][..], &["cancelled"]].map(|audit| is(kept, PENDING, audit, 0));
    let mut cases = vec![
        one("an order is paid and the audit log fails", accepted, "pay", 500, yes),
        one("a card is declined and the audit log fails", declined, "pay", 500, no),
        one("an order is cancelled and the audit log fails", left, "cancel", 500, off),
        one("an order is paid and its status cannot be saved", unpaid, "pay", 500, paying),
        one("an order is cancelled and its status cannot be saved", kept, "cancel", 500, pending),
    ];
    for (charges, order) in LOST.map(|order| &orders[order]).into_iter().enumerate() {
        let then = || [is(order, PAYING, &[], charges)];
        cases.push(one("the gateway's answer is lost", order, "pay", 502, then()));
        cases.push(one("somebody pays whose charge is unknown", order, "pay", 409, then()));
        cases.push(one("somebody cancels whose charge is unknown", order, "cancel", 409, then()));
    }
    cases
}

/// The dearest order and the one with the most lines, among those without a part of their own.
fn taken(orders: &[Order]) -> [usize; 2] {
    let most = |of: fn(&Order) -> i64| (SLOW.end..SHIPPED).max_by_key(|&order| of(&orders[order])).unwrap_or(SLOW.end);
    [most(|order| order.total().0), most(|order| order.lines.len() as i64)]
}

/// All of them want the same at once, and get it.
fn all_are(name: &str, orders: &[&Order], action: &str, then: fn(&Order) -> OrderState) -> Case<OrderState> {
    let done = outcome(&vec![204; orders.len()], orders.iter().map(|order| then(order)));
    case(name, requests(orders.iter().copied(), action), [done], orders)
}

/// One request, after which the order is in one of these states.
fn one<const N: usize>(
    name: &str,
    order: &Order,
    action: &str,
    status: u16,
    then: [OrderState; N],
) -> Case<OrderState> {
    case(name, requests([order], action), then.map(|state| outcome(&[status], [state])), &[order])
}

fn case<const N: usize>(
    name: &str,
    requests: Vec<Request>,
    outcomes: [Outcome<OrderState>; N],
    orders: &[&Order],
) -> Case<OrderState> {
    Case::one_of(name, requests, outcomes.into(), orders.iter().map(|order| order.reference.clone()).collect())
}

fn outcome(statuses: &[u16], states: impl IntoIterator<Item = OrderState>) -> Outcome<OrderState> {
    Outcome { statuses: statuses.to_vec(), states: states.into_iter().collect() }
}
