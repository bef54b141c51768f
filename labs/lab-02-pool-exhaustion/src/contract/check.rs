//! Right answers over the socket, and what is in the database and in the gateway's books afterwards.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::http::StatusCode;
use lab_harness::load::{self, Request};
use lab_harness::results::Record;
use lab_harness::service::Service;
use lab_harness::{Run, emit};
use orderflow::Order;

use super::load::request;
use super::orders::{CANCELLED, PAID, PAYING, PENDING};
use super::provider::Answering;
use super::rig::{Rig, state};
use super::server::POOL;

/// Orders that the cases need.
const ORDERS: usize = 64;
/// Connections in the pool: so many that neither act's fault can show. Whether answers are right is asked here, nothing else.
const CONNECTIONS: &str = "48";
/// A card that is declined once, and an order whose answer from the gateway is lost.
const DECLINED: usize = 5;
const LOST: usize = 6;
/// An order that is with the carrier already.
const SHIPPED: usize = ORDERS - 1;
/// From here to the shipped one, orders have no part of their own.
const FREE: usize = 7;

/// How long after the last answer an order's state may change.
const SETTLE: Duration = Duration::from_millis(300);

/// Requests that are sent at once, and all that may come of them.
struct Case {
    name: String,
    requests: Vec<Request>,
    /// Statuses in ascending order, because requests of a case may overtake each other, then the orders' states.
    outcomes: Vec<String>,
    /// The orders to look at.
    orders: Vec<Order>,
}

/// Plays all cases, up to the first wrong answer.
pub(super) fn check(run: &Run) -> Result<()> {
    let mut played = 0;
    for seed in run.seed..run.seed + if run.smoke { 1 } else { 2 } {
        let rig = Rig::lease(seed, ORDERS, moody(seed))?;
        rig.ship(&rig.orders[SHIPPED])?;
        let service = rig.launch(&Run { seed, ..run.clone() }).env(POOL, CONNECTIONS).start()?;
        for case in cases(&rig.orders) {
            emit(&Record::Case { name: case.name.clone() });
            if let Some(wrong) = wrong(&rig, &service, case)? {
                emit(&wrong);
                return Ok(());
            }
            played += 1;
        }
        service.stop()?;
    }
    emit(&Record::Checked { cases: played });
    Ok(())
}

/// A quick gateway that declines one card the first time, and for another one gives no answer.
fn moody(seed: u64) -> Answering {
    let orders = orderflow_store::Scale { seed, orders: ORDERS, customers: 200, products: 100 }.stored_orders();
    let (declined, lost) = (orders[DECLINED].reference.clone(), orders[LOST].reference.clone());
    let seen = Arc::new(Mutex::new(HashSet::new()));
    Arc::new(move |charge| {
        let is_first = seen.lock().unwrap_or_else(PoisonError::into_inner).insert(charge.reference.clone());
        let status = match charge.reference {
            reference if reference == declined && is_first => StatusCode::PAYMENT_REQUIRED,
            reference if reference == lost => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        };
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(2)).await;
            status
        })
    })
}

/// The simple ones first, so that the first wrong answer is one that is easy to repeat.
fn cases(orders: &[Order]) -> Vec<Case> {
    let mut cases = one_by_one(orders);
    cases.extend(at_once(orders));
    cases.extend([
        one("the gateway's answer is lost", &orders[LOST], "pay", 502, is(&orders[LOST], PAYING, &[])),
        one("somebody pays whose charge is unknown", &orders[LOST], "pay", 409, is(&orders[LOST], PAYING, &[])),
        one("somebody cancels whose charge is unknown", &orders[LOST], "cancel", 409, is(&orders[LOST], PAYING, &[])),
    ]);
    cases
}

fn one_by_one(orders: &[Order]) -> Vec<Case> {
    let [first, second, card, shipped] = [&orders[0], &orders[1], &orders[DECLINED], &orders[SHIPPED]];
    let dearest = &orders[most(orders, |order| order.total().0)];
    let longest = &orders[most(orders, |order| order.lines.len() as i64)];
    let mut cases = vec![
        one("an order is paid", first, "pay", 204, paid(first)),
        one("it is paid a second time", first, "pay", 409, paid(first)),
        one("a paid order is cancelled", first, "cancel", 409, paid(first)),
        one("an order is cancelled", second, "cancel", 204, cancelled(second)),
        one("it is cancelled a second time", second, "cancel", 409, cancelled(second)),
        one("a cancelled order is paid", second, "pay", 409, cancelled(second)),
        one("a shipped order is paid", shipped, "pay", 409, is(shipped, "shipped", &[])),
        one("a shipped order is cancelled", shipped, "cancel", 409, is(shipped, "shipped", &[])),
        one("the card is declined", card, "pay", 402, is(card, PENDING, &["declined"])),
        one("it is accepted the next time", card, "pay", 204, is(card, PAID, &["declined", "paid"])),
        one("the dearest order is paid", dearest, "pay", 204, paid(dearest)),
    ];
    if longest != dearest {
        cases.push(one("the order with the most lines is paid", longest, "pay", 204, paid(longest)));
    }
    cases.extend(["XX-00000", "%27%20OR%20%271%27=%271", "%E6%98%8E"].map(|reference| {
        let ask = |action| Request { body: None, ..Request::post(format!("/orders/{reference}/{action}"), "") };
        Case {
            name: format!("there is no order {reference}"),
            requests: vec![ask("pay"), ask("cancel")],
            outcomes: vec![outcome(&[404, 404], &[])],
            orders: Vec::new(),
        }
    }));
    cases
}

fn at_once(orders: &[Order]) -> Vec<Case> {
    // Those that no other case needs.
    let taken = [most(orders, |order| order.total().0), most(orders, |order| order.lines.len() as i64)];
    let free: Vec<&Order> =
        (FREE..SHIPPED).filter(|order| !taken.contains(order)).map(|order| &orders[order]).collect();
    let (wanted, contested, payers, leavers, alone) = (free[0], &free[1..5], &free[5..25], &free[25..45], free[45]);
    let ten_times = std::iter::repeat_n(request(wanted, "pay"), 10).collect();
    let one_wins = outcome(&[&[204_u16][..], &[409; 9]].concat(), &[paid(wanted)]);
    let mut cases = vec![case("ten people pay the same order at once", ten_times, vec![one_wins], &[wanted])];
    for order in contested {
        let requests = vec![request(order, "pay"), request(order, "cancel")];
        let outcomes = [paid(order), cancelled(order)].map(|either| outcome(&[204, 409], &[either]));
        cases.push(case("somebody pays while somebody else cancels", requests, outcomes.into(), &[order]));
    }
    let requests = |crowd: &[&Order], action| crowd.iter().map(|order| request(order, action)).collect();
    let all = |states: Vec<String>| vec![outcome(&[204; 20], &states)];
    let are_paid = all(payers.iter().map(|order| paid(order)).collect());
    let are_cancelled = all(leavers.iter().map(|order| cancelled(order)).collect());
    cases.push(case("twenty people pay at once", requests(payers, "pay"), are_paid, payers));
    cases.push(case("twenty people cancel at once", requests(leavers, "cancel"), are_cancelled, leavers));
    let untouched = outcome(&[], &[is(alone, PENDING, &[])]);
    cases.push(case("an order that nobody touched", Vec::new(), vec![untouched], &[alone]));
    cases
}

fn one(name: &str, order: &Order, action: &str, status: u16, then: String) -> Case {
    case(name, vec![request(order, action)], vec![outcome(&[status], &[then])], &[order])
}

fn case(name: &str, requests: Vec<Request>, outcomes: Vec<String>, orders: &[&Order]) -> Case {
    Case { name: name.into(), requests, outcomes, orders: orders.iter().map(|&order| order.clone()).collect() }
}

fn paid(order: &Order) -> String {
    is(order, PAID, &["paid"])
}

fn cancelled(order: &Order) -> String {
    is(order, CANCELLED, &["cancelled"])
}

/// An order's state as it should be. It was charged its total if it is paid, and nothing otherwise.
fn is(order: &Order, status: &str, audit: &[&str]) -> String {
    let total = [order.total().0];
    state(&order.reference, status, audit, if status == PAID { &total } else { &[] })
}

/// The position of the order that has most of something, among those without a part of their own.
fn most(orders: &[Order], of: impl Fn(&Order) -> i64) -> usize {
    (FREE..SHIPPED).max_by_key(|&order| of(&orders[order])).unwrap_or(FREE)
}

fn outcome(statuses: &[u16], states: &[String]) -> String {
    format!("{statuses:?}; {}", states.join("; "))
}

fn wrong(rig: &Rig, service: &Service, case: Case) -> Result<Option<Record>> {
    let input = case.requests.iter().map(Request::to_string).collect::<Vec<_>>().join(", ");
    let mut statuses = Vec::new();
    for answer in load::call_all(service.address(), case.requests) {
        match answer {
            Ok(answer) => statuses.push(answer.status),
            Err(error) => {
                let got = format!("{error}\n{}", service.last_words()).trim_end().into();
                return Ok(Some(Record::Wrong { case: case.name, input, expected: case.outcomes.join(" or "), got }));
            }
        }
    }
    statuses.sort_unstable();
    let until = Instant::now() + SETTLE;
    let mut got = outcome(&statuses, &states(rig, &case.orders)?);
    // What comes a little later is right here; whether an answer may come before it is asked where time stands still.
    while !case.outcomes.contains(&got) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
        got = outcome(&statuses, &states(rig, &case.orders)?);
    }
    let is_right = case.outcomes.contains(&got);
    let wrong = || Record::Wrong { case: case.name, input, expected: case.outcomes.join(" or "), got };
    Ok((!is_right).then(wrong))
}

fn states(rig: &Rig, orders: &[Order]) -> Result<Vec<String>> {
    orders.iter().map(|order| rig.state(order)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_orders_enough_for_every_seed() {
        for seed in 0..50 {
            let orders = orderflow_store::Scale { seed, orders: ORDERS, customers: 200, products: 100 }.stored_orders();
            assert!(cases(&orders).iter().all(|case| !case.outcomes.is_empty()));
        }
    }
}
