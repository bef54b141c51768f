//! Right answers over the socket, and what is in the database and in the gateway's books afterwards.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lab_harness::load::Request;
use lab_service::{Case, Outcome};
use orderflow::Order;
use orderflow_payments::{Answering, Reply, answering};
use orderflow_shop::OrderState;
use orderflow_shop::obstacles::{CLOSED, never, shipped, unrecorded};

use super::orders::{CANCELLED, PAID, PAYING, PENDING};
use super::{requests, scale};

/// Orders that the cases need.
pub(super) const ORDERS: usize = 128;
/// Connections in the pool: so many that neither fault can show. Whether answers are right is asked here, nothing else.
pub(super) const CONNECTIONS: &str = "48";
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

/// A gateway that is quick for most orders, declines two cards the first time, and gives no answer for two orders.
pub(super) fn moody(seed: u64) -> Answering {
    let orders = scale(seed, ORDERS).stored_orders();
    let numbers: HashMap<String, usize> = (0..).zip(orders).map(|(number, order)| (order.reference, number)).collect();
    let seen = Mutex::new(HashSet::new());
    answering(move |charge| {
        let number = numbers.get(&charge.reference).copied().unwrap_or(SLOW.end);
        let is_first = seen.lock().unwrap_or_else(PoisonError::into_inner).insert(charge.reference);
        let reply = match number {
            DECLINED if is_first => Reply::Declined,
            number if number == UNRECORDED.start + 1 => Reply::Declined,
            number if number == LOST[0] => Reply::Unavailable,
            number if number == LOST[1] => Reply::LostAfterCharge,
            _ => Reply::Accepted,
        };
        let latency = if SLOW.contains(&number) { SLOWLY } else { Duration::from_millis(2) };
        async move {
            tokio::time::sleep(latency).await;
            reply
        }
    })
}

/// The simple ones first.
pub(super) fn cases(orders: &[Order]) -> Vec<Case<OrderState>> {
    let slow: Vec<&Order> = orders[SLOW].iter().collect();
    let name = format!("{} people pay at once while the bank takes {SLOWLY:?}", slow.len());
    let all = one_by_one(orders).into_iter().chain(at_once(orders)).chain(halfway(orders));
    all.chain([all_are(&name, &slow, "pay", OrderState::paid)]).collect()
}

fn one_by_one(orders: &[Order]) -> Vec<Case<OrderState>> {
    let [first, second, card, shipped] = [0, 1, DECLINED, SHIPPED].map(|order| &orders[order]);
    let [dearest, longest] = taken(orders).map(|order| &orders[order]);
    let [paid, cancelled] = [paid(first), vec![OrderState::cancelled(second)]];
    let with_carrier = [OrderState::of(shipped, "shipped", &[], 0)];
    let declined = [OrderState::of(card, PENDING, &["declined"], 0)];
    let accepted = [OrderState::of(card, PAID, &["declined", "paid"], 1)];
    let mut cases = vec![
        one("an order is paid", first, "pay", 204, &paid),
        one("it is paid a second time", first, "pay", 409, &paid),
        one("a paid order is cancelled", first, "cancel", 409, &paid),
        one("an order is cancelled", second, "cancel", 204, &cancelled),
        one("it is cancelled a second time", second, "cancel", 409, &cancelled),
        one("a cancelled order is paid", second, "pay", 409, &cancelled),
        one("a shipped order is paid", shipped, "pay", 409, &with_carrier),
        one("a shipped order is cancelled", shipped, "cancel", 409, &with_carrier),
        one("the card is declined", card, "pay", 402, &declined),
        one("it is accepted the next time", card, "pay", 204, &accepted),
        one("the dearest order is paid", dearest, "pay", 204, &self::paid(dearest)),
    ];
    if longest != dearest {
        cases.push(one("the order with the most lines is paid", longest, "pay", 204, &self::paid(longest)));
    }
    cases.extend(["XX-00000", "%27%20OR%20%271%27=%271", "%E6%98%8E"].map(|reference| {
        let ask = |action| Request { body: None, ..Request::post(format!("/orders/{reference}/{action}"), "") };
        let outcome = Outcome { statuses: vec![404, 404], states: Vec::new() };
        Case::one_of(
            format!("there is no order {reference}"),
            vec![ask("pay"), ask("cancel")],
            vec![outcome],
            Vec::new(),
        )
    }));
    cases
}

fn at_once(orders: &[Order]) -> Vec<Case<OrderState>> {
    // Those that no other case needs.
    let taken = taken(orders);
    let free: Vec<&Order> =
        (SLOW.end..SHIPPED).filter(|order| !taken.contains(order)).map(|order| &orders[order]).collect();
    let (wanted, contested, payers, leavers, alone) = (free[0], &free[1..5], &free[5..25], &free[25..45], free[45]);
    let one_wins = outcome(&[&[204_u16][..], &[409; 9]].concat(), paid(wanted));
    let mut cases =
        vec![case("ten people pay the same order at once", requests([wanted; 10], "pay"), vec![one_wins], &[wanted])];
    cases.extend(contested.iter().map(|&order| {
        let both = [requests([order], "pay"), requests([order], "cancel")].concat();
        let outcomes =
            [OrderState::paid(order), OrderState::cancelled(order)].map(|either| outcome(&[204, 409], vec![either]));
        case("somebody pays while somebody else cancels", both, outcomes.into(), &[order])
    }));
    cases.push(all_are("twenty people pay at once", payers, "pay", OrderState::paid));
    cases.push(all_are("twenty people cancel at once", leavers, "cancel", OrderState::cancelled));
    let untouched = outcome(&[], vec![OrderState::of(alone, PENDING, &[], 0)]);
    cases.push(case("an order that nobody touched", Vec::new(), vec![untouched], &[alone]));
    cases
}

/// Something fails halfway. What is not in the audit log was not done, nor what the order's status does not say, and nobody is told that it
/// was; whether the one was written before the other failed is left open. A gateway whose answer was lost is not asked again.
fn halfway(orders: &[Order]) -> Vec<Case<OrderState>> {
    let [accepted, declined, left] = [0, 1, 2].map(|part| &orders[UNRECORDED.start + part]);
    let either = |order, [one, other]: [&str; 2], charges| {
        [one, other].map(|status| OrderState::of(order, status, &[CLOSED], charges))
    };
    let [unpaid, kept] = [NEVER_PAID, NEVER_CANCELLED].map(|[order, _]| &orders[order]);
    let paying = [&[][..], &["paid"]].map(|audit| OrderState::of(unpaid, PAYING, audit, 1));
    let pending = [&[][..], &["cancelled"]].map(|audit| OrderState::of(kept, PENDING, audit, 0));
    let mut cases = vec![
        one("an order is paid and the audit log fails", accepted, "pay", 500, &either(accepted, [PAID, PAYING], 1)),
        one(
            "a card is declined and the audit log fails",
            declined,
            "pay",
            500,
            &either(declined, [PENDING, PAYING], 0),
        ),
        one(
            "an order is cancelled and the audit log fails",
            left,
            "cancel",
            500,
            &either(left, [CANCELLED, PENDING], 0),
        ),
        one("an order is paid and its status cannot be saved", unpaid, "pay", 500, &paying),
        one("an order is cancelled and its status cannot be saved", kept, "cancel", 500, &pending),
    ];
    for (charges, order) in LOST.map(|order| &orders[order]).into_iter().enumerate() {
        let then = [OrderState::of(order, PAYING, &[], charges)];
        cases.push(one("the gateway's answer is lost", order, "pay", 502, &then));
        cases.push(one("somebody pays whose charge is unknown", order, "pay", 409, &then));
        cases.push(one("somebody cancels whose charge is unknown", order, "cancel", 409, &then));
    }
    cases
}

/// The dearest order and the one with the most lines, among those without a part of their own.
fn taken(orders: &[Order]) -> [usize; 2] {
    let most = |of: fn(&Order) -> i64| (SLOW.end..SHIPPED).max_by_key(|&order| of(&orders[order])).unwrap_or(SLOW.end);
    [most(|order| order.total().0), most(|order| order.lines.len() as i64)]
}

fn paid(order: &Order) -> Vec<OrderState> {
    vec![OrderState::paid(order)]
}

/// All of them want the same at once, and get it.
fn all_are(name: &str, orders: &[&Order], action: &str, then: fn(&Order) -> OrderState) -> Case<OrderState> {
    let done = outcome(&vec![204; orders.len()], orders.iter().map(|order| then(order)).collect());
    case(name, requests(orders.iter().copied(), action), vec![done], orders)
}

/// One request, after which the order is in one of these states.
fn one(name: &str, order: &Order, action: &str, status: u16, states: &[OrderState]) -> Case<OrderState> {
    let outcomes = states.iter().map(|state| outcome(&[status], vec![state.clone()])).collect();
    case(name, requests([order], action), outcomes, &[order])
}

fn case(name: &str, requests: Vec<Request>, outcomes: Vec<Outcome<OrderState>>, orders: &[&Order]) -> Case<OrderState> {
    Case::one_of(name, requests, outcomes, orders.iter().map(|order| order.reference.clone()).collect())
}

fn outcome(statuses: &[u16], states: Vec<OrderState>) -> Outcome<OrderState> {
    Outcome { statuses: statuses.to_vec(), states }
}
