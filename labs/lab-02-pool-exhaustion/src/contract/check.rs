//! Right answers over the socket, and what is in the database and in the gateway's books afterwards.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use lab_harness::load::{self, Request};
use lab_harness::results::Record;
use lab_harness::service::Service;
use lab_harness::{MachineTrouble, Run, emit};
use orderflow::Order;
use orderflow_payments::{Answering, Reply, answering};

use super::load::request;
use super::orders::{CANCELLED, PAID, PAYING, PENDING};
use super::rig::{Rig, cancelled, is, paid, scale};
use super::server;

/// Orders that the cases need.
const ORDERS: usize = 128;
/// Connections in the pool: so many that neither fault can show. Whether answers are right is asked here, nothing else.
const CONNECTIONS: &str = "48";
/// What the shop answers with when the disk below the database is full, or the database's server went away.
const DISK_TROUBLE: u16 = 507;
/// A card that is declined once.
const DECLINED: usize = 5;
/// Orders whose answer from the gateway is lost: the card was not charged, and it was charged once.
const LOST: [usize; 2] = [6, 7];
/// Orders that the audit log takes no entry for; the card of the second one is declined.
const UNRECORDED: std::ops::Range<usize> = 8..11;
/// The entry of an order whose audit log takes no other.
const CLOSED: &str = "closed for the audit";
/// Orders that cannot become paid, or cancelled, because another one is.
const NEVER_PAID: [usize; 2] = [11, 12];
const NEVER_CANCELLED: [usize; 2] = [13, 14];
/// Orders for which the bank takes its time.
const SLOW: std::ops::Range<usize> = 15..55;
/// How long that is: longer than the promise. Whether somebody gives up after seconds is asked where they cost none.
const SLOWLY: Duration = Duration::from_millis(700);
/// An order that is with the carrier already.
const SHIPPED: usize = ORDERS - 1;
/// From here to the shipped one, orders have no part of their own.
const FREE: usize = SLOW.end;

/// How long after the last answer an order's state may change.
const SETTLE: Duration = Duration::from_secs(1);

/// Requests that are sent at once, and all that may come of them.
struct Case {
    name: String,
    requests: Vec<Request>,
    outcomes: Vec<Outcome>,
    /// The orders to look at.
    orders: Vec<Order>,
}

/// What came of a case, or may come of it.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// In ascending order, because requests of a case may overtake each other.
    statuses: Vec<u16>,
    /// Of the orders to look at.
    states: Vec<String>,
}

/// So many states, and requests, are shown.
const SHOWN: usize = 3;

/// Plays all cases, up to the first wrong answer.
pub(super) fn check(run: &Run) -> Result<()> {
    let mut played = 0;
    for seed in run.seed..run.seed + if run.smoke { 1 } else { 2 } {
        let rig = Rig::lease(seed, ORDERS, moody(seed))?;
        rig.execute(obstacles())?;
        let mut service = rig.launch(&Run { seed, ..run.clone() }).env(server::CONNECTIONS, CONNECTIONS).start()?;
        for case in cases(&rig.orders) {
            emit(&Record::Case { name: case.name.clone() });
            if let Some(wrong) = wrong(&rig, &mut service, case)? {
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

/// Statements after which some orders cannot be changed, as the constants above say. An index over all orders would be in the way of
/// the other cases as well.
fn obstacles() -> String {
    let id = |order: usize| order + 1;
    let mut sql = format!("UPDATE orders SET status = 'shipped' WHERE id = {};", id(SHIPPED));
    for order in UNRECORDED {
        sql += &format!("INSERT INTO audit_log (order_id, action, at) VALUES ({}, '{CLOSED}', 0);", id(order));
    }
    let (first, last) = (id(UNRECORDED.start), id(UNRECORDED.end - 1));
    sql += &format!("CREATE UNIQUE INDEX closed ON audit_log (order_id) WHERE order_id BETWEEN {first} AND {last};");
    for (status, [order, other]) in [(PAID, NEVER_PAID), (CANCELLED, NEVER_CANCELLED)] {
        let (order, other) = (id(order), id(other));
        sql += &format!("UPDATE orders SET status = '{status}' WHERE id = {other};");
        sql += &format!("CREATE UNIQUE INDEX one_{status} ON orders (status) WHERE id IN ({order}, {other});");
    }
    sql
}

/// A gateway that is quick for most orders, declines two cards the first time, and gives no answer for two orders.
fn moody(seed: u64) -> Answering {
    let orders = scale(seed, ORDERS).stored_orders();
    let numbers: HashMap<String, usize> = (0..).zip(orders).map(|(number, order)| (order.reference, number)).collect();
    let seen = Mutex::new(HashSet::new());
    answering(move |charge| {
        let number = numbers.get(&charge.reference).copied().unwrap_or(FREE);
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

/// The simple ones first, so that the first wrong answer is one that is easy to repeat.
fn cases(orders: &[Order]) -> Vec<Case> {
    let mut cases = one_by_one(orders);
    cases.extend(at_once(orders));
    cases.extend(unrecorded(orders));
    cases.extend(unsaved(orders));
    cases.extend((0..LOST.len()).flat_map(|charges| lost_answer(&orders[LOST[charges]], charges)));
    let slow: Vec<&Order> = orders[SLOW].iter().collect();
    let name = format!("{} people pay at once while the bank takes {SLOWLY:?}", slow.len());
    cases.push(all_are(&name, &slow, "pay", paid));
    cases
}

/// The gateway was asked once, and nobody knows what it did: it is not asked again.
fn lost_answer(order: &Order, charges: usize) -> [Case; 3] {
    let then = [is(order, PAYING, &[], charges)];
    [
        one("the gateway's answer is lost", order, "pay", 502, &then),
        one("somebody pays whose charge is unknown", order, "pay", 409, &then),
        one("somebody cancels whose charge is unknown", order, "cancel", 409, &then),
    ]
}

/// What is not in the audit log was not done: nobody is told that it was. Whether the order's status was changed before is left open,
/// because in a transaction it was not.
fn unrecorded(orders: &[Order]) -> [Case; 3] {
    let [accepted, declined, left] = [0, 1, 2].map(|part| &orders[UNRECORDED.start + part]);
    let either = |order, statuses: [&str; 2], charges| statuses.map(|status| is(order, status, &[CLOSED], charges));
    let (paid, pending) = (either(accepted, [PAID, PAYING], 1), either(declined, [PENDING, PAYING], 0));
    let cancelled = either(left, [CANCELLED, PENDING], 0);
    [
        one("an order is paid and the audit log fails", accepted, "pay", 500, &paid),
        one("a card is declined and the audit log fails", declined, "pay", 500, &pending),
        one("an order is cancelled and the audit log fails", left, "cancel", 500, &cancelled),
    ]
}

/// Nobody is told that something was done which the order's status does not say. Whether the audit log was written before is left open.
fn unsaved(orders: &[Order]) -> [Case; 2] {
    let [accepted, left] = [NEVER_PAID, NEVER_CANCELLED].map(|[order, _]| &orders[order]);
    let paying = [&[][..], &["paid"]].map(|audit| is(accepted, PAYING, audit, 1));
    let pending = [&[][..], &["cancelled"]].map(|audit| is(left, PENDING, audit, 0));
    [
        one("an order is paid and its status cannot be saved", accepted, "pay", 500, &paying),
        one("an order is cancelled and its status cannot be saved", left, "cancel", 500, &pending),
    ]
}

fn one_by_one(orders: &[Order]) -> Vec<Case> {
    let [first, second, card, shipped] = [&orders[0], &orders[1], &orders[DECLINED], &orders[SHIPPED]];
    let dearest = &orders[most(orders, |order| order.total().0)];
    let longest = &orders[most(orders, |order| order.lines.len() as i64)];
    let (paid_first, cancelled_second) = ([paid(first)], [cancelled(second)]);
    let (with_carrier, declined) = ([is(shipped, "shipped", &[], 0)], [is(card, PENDING, &["declined"], 0)]);
    let mut cases = vec![
        one("an order is paid", first, "pay", 204, &paid_first),
        one("it is paid a second time", first, "pay", 409, &paid_first),
        one("a paid order is cancelled", first, "cancel", 409, &paid_first),
        one("an order is cancelled", second, "cancel", 204, &cancelled_second),
        one("it is cancelled a second time", second, "cancel", 409, &cancelled_second),
        one("a cancelled order is paid", second, "pay", 409, &cancelled_second),
        one("a shipped order is paid", shipped, "pay", 409, &with_carrier),
        one("a shipped order is cancelled", shipped, "cancel", 409, &with_carrier),
        one("the card is declined", card, "pay", 402, &declined),
        one("it is accepted the next time", card, "pay", 204, &[is(card, PAID, &["declined", "paid"], 1)]),
        one("the dearest order is paid", dearest, "pay", 204, &[paid(dearest)]),
    ];
    if longest != dearest {
        cases.push(one("the order with the most lines is paid", longest, "pay", 204, &[paid(longest)]));
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
    cases.push(all_are("twenty people pay at once", payers, "pay", paid));
    cases.push(all_are("twenty people cancel at once", leavers, "cancel", cancelled));
    let untouched = outcome(&[], &[is(alone, PENDING, &[], 0)]);
    cases.push(case("an order that nobody touched", Vec::new(), vec![untouched], &[alone]));
    cases
}

/// All of them want the same at once, and get it.
fn all_are(name: &str, orders: &[&Order], action: &str, then: fn(&Order) -> String) -> Case {
    let requests = orders.iter().map(|order| request(order, action)).collect();
    let states: Vec<String> = orders.iter().map(|order| then(order)).collect();
    case(name, requests, vec![outcome(&vec![204; orders.len()], &states)], orders)
}

/// One request, after which the order is in one of these states.
fn one(name: &str, order: &Order, action: &str, status: u16, states: &[String]) -> Case {
    let outcomes = states.iter().map(|state| outcome(&[status], std::slice::from_ref(state))).collect();
    case(name, vec![request(order, action)], outcomes, &[order])
}

fn case(name: &str, requests: Vec<Request>, outcomes: Vec<Outcome>, orders: &[&Order]) -> Case {
    Case { name: name.into(), requests, outcomes, orders: orders.iter().map(|&order| order.clone()).collect() }
}

/// The position of the order that has most of something, among those without a part of their own.
fn most(orders: &[Order], of: impl Fn(&Order) -> i64) -> usize {
    (FREE..SHIPPED).max_by_key(|&order| of(&orders[order])).unwrap_or(FREE)
}

fn outcome(statuses: &[u16], states: &[String]) -> Outcome {
    Outcome { statuses: statuses.to_vec(), states: states.to_vec() }
}

impl Outcome {
    /// The statuses, and the states that another outcome has otherwise.
    fn besides(&self, other: &Outcome) -> String {
        let differs = |state: &&String| !other.states.contains(*state);
        let mut states: Vec<String> = self.states.iter().filter(differs).cloned().collect();
        if states.is_empty() {
            states = self.states.clone();
        }
        let statuses = self.statuses.chunk_by(|one, next| one == next).map(|same| match same {
            [status] => status.to_string(),
            _ => format!("{} ({} times)", same[0], same.len()),
        });
        let statuses: Vec<String> = statuses.collect();
        format!("answered with {}; {}", statuses.join(", "), first_of(&states, "; "))
    }
}

/// The first few, and how many more there are.
fn first_of(all: &[String], between: &str) -> String {
    let shown = all[..all.len().min(SHOWN)].join(between);
    if all.len() > SHOWN { format!("{shown}{between}and {} more", all.len() - SHOWN) } else { shown }
}

/// How the answers to a case are wrong, if they are. A missing answer is none that could be wrong: it ends the check.
fn wrong(rig: &Rig, service: &mut Service, case: Case) -> Result<Option<Record>> {
    let (mut statuses, mut failures) = (Vec::new(), String::new());
    let requests: Vec<String> = case.requests.iter().map(Request::to_string).collect();
    for (request, answer) in requests.iter().zip(load::call_all(service.address(), case.requests)) {
        let answer = answer.map_err(|error| service.no_answer(error))?;
        if answer.status == DISK_TROUBLE {
            return Err(anyhow!(answer.body).context(MachineTrouble));
        }
        if answer.status >= 500 && failures.is_empty() {
            failures = format!("\n{request} was answered with {} {}", answer.status, answer.body);
        }
        statuses.push(answer.status);
    }
    statuses.sort_unstable();
    let until = Instant::now() + SETTLE;
    // What comes a little later is right here; whether an answer may come before it is asked where time stands still.
    let got = loop {
        let got = outcome(&statuses, &rig.states(&case.orders, &rig.provider)?);
        if case.outcomes.contains(&got) {
            return Ok(None);
        }
        if Instant::now() >= until {
            break got;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let expected: Vec<String> = case.outcomes.iter().map(|outcome| outcome.besides(&got)).collect();
    Ok(Some(Record::Wrong {
        case: case.name,
        input: first_of(&requests, ", "),
        expected: expected.join(" or "),
        got: got.besides(&case.outcomes[0]) + &failures,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_outcome_is_told_by_what_differs() {
        let states = |wrong: &str| -> Vec<String> {
            (0..40)
                .map(|order| if order == 30 { format!("30 is {wrong}") } else { format!("{order} is paid") })
                .collect()
        };
        let (right, wrong) = (outcome(&[204; 40], &states("paid")), outcome(&[204; 40], &states("paying")));
        assert_eq!(right.besides(&wrong), "answered with 204 (40 times); 30 is paid");
        assert_eq!(wrong.besides(&right), "answered with 204 (40 times); 30 is paying");
        let refused = outcome(&[204, 409], &["1 is paid".into()]);
        assert_eq!(refused.besides(&right), "answered with 204, 409; 1 is paid");
        let names: Vec<String> = (0..5).map(|name| name.to_string()).collect();
        assert_eq!(first_of(&names, ", "), "0, 1, 2, and 2 more");
    }

    /// Every order has one part: what one case did must not be what another one finds.
    #[test]
    fn the_cases_that_come_at_once_share_no_order_for_any_seed() {
        for seed in 0..50 {
            let orders = scale(seed, ORDERS).stored_orders();
            let cases = cases(&orders);
            let mut asked = HashSet::new();
            for case in cases.iter().filter(|case| case.requests.len() > 1 && !case.orders.is_empty()) {
                for order in &case.orders {
                    assert!(asked.insert(order.reference.clone()), "seed {seed}: {} is in two cases", order.reference);
                }
            }
            assert_eq!(asked.len(), 1 + 4 + 20 + 20 + SLOW.len(), "seed {seed}");
            for order in [DECLINED, LOST[0], LOST[1], SHIPPED].into_iter().chain(UNRECORDED.start..SLOW.start) {
                assert!(!asked.contains(&orders[order].reference), "seed {seed}: order {order} has a part of its own");
            }
        }
    }
}
