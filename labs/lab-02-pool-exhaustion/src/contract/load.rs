//! What customers do on a Saturday: they pay, and they reload the page of their order.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Result;
use lab_harness::load::{EachRequest, Report, Request, Run, Scenario, Schedule, Target};
use lab_harness::results::names::database_name;
use lab_harness::results::{Cell, Column, Table};
use orderflow::Order;
use orderflow_store::Backend;

use super::CHECKOUT_MS;

/// Payments in a second.
pub(super) const PAYMENTS_PER_S: f64 = 80.0;
/// Orders looked at in a second.
pub(super) const LOOKS_PER_S: f64 = 20.0;

/// Sends requests for this long, each when it is due; every payment is for another one of `orders`.
pub(super) fn drive(
    target: SocketAddr,
    orders: &[Order],
    seed: u64,
    window: Duration,
    payments_per_s: f64,
) -> Result<Report> {
    let (payments, looks) = customers(seed, window, payments_per_s)?;
    let run = Run::new(Target::loopback(target)?).seed(seed);
    Ok(run.open(payments, in_turn("POST /orders/{ref}/pay", orders, "pay")).open(looks, looking(orders)).drive()?)
}

/// Independent customers, as Erlang's formulas assume: when they pay, and when they look. Everything follows from the seed.
fn customers(seed: u64, window: Duration, payments_per_s: f64) -> Result<(Schedule, Schedule)> {
    let payments = Schedule::constant(payments_per_s, window)?.at_random(seed);
    Ok((payments, Schedule::constant(LOOKS_PER_S, window)?.at_random(seed ^ 0x100C)))
}

/// Something is done to each of these orders, to one after the other.
fn in_turn(step: &str, orders: &[Order], action: &'static str) -> impl Scenario + 'static {
    let requests: Vec<Request> = orders.iter().map(|order| request(order, action)).collect();
    let next = AtomicUsize::new(0);
    EachRequest::new(step, move |_| requests[next.fetch_add(1, Relaxed) % requests.len()].clone())
}

fn looking(orders: &[Order]) -> impl Scenario + 'static {
    let pages: Vec<Request> = orders.iter().map(|order| Request::get(format!("/orders/{}", order.reference))).collect();
    EachRequest::new("GET /orders/{ref}", move |vu| pages[vu.random().below(pages.len() as u64) as usize].clone())
}

/// All of these orders are cancelled in the same moment.
pub(super) fn cancel_at_once(target: SocketAddr, orders: &[Order]) -> Result<Report> {
    let at_once = Schedule::constant(1.0, Duration::from_millis(1))?.in_batches_of(orders.len());
    let cancel = in_turn("POST /orders/{reference}/cancel", orders, "cancel");
    Ok(Run::new(Target::loopback(target)?).open(at_once, cancel).drive()?)
}

/// A request that does something to an order.
pub(super) fn request(order: &Order, action: &str) -> Request {
    Request { body: None, ..Request::post(format!("/orders/{}/{action}", order.reference), "") }
}

/// Routes under load: what was asked of them and what became of it.
pub(super) fn table(report: &Report, window: Duration, backend: Backend) -> Table {
    let rows = report.steps.iter().map(|step| {
        let ms = |quantile| step.response.percentile_ms(quantile).map_or("-".into(), Cell::from);
        let per_s = step.planned as f64 / window.as_secs_f64();
        vec![
            step.name.as_str().into(),
            per_s.into(),
            step.ok.into(),
            (step.planned - step.ok).into(),
            ms(0.5),
            ms(0.95),
            ms(0.99),
        ]
    });
    let database = database_name(backend.as_str());
    Table {
        title: format!("A Saturday on {database}, with a payment gateway that takes 200 ms, wall time"),
        columns: vec![
            Column::new("route", ""),
            Column::new("offered", "/s"),
            Column::new("ok", ""),
            Column::new("timed out", ""),
            Column::new("p50", "ms"),
            Column::new("p95", "ms"),
            Column::new("p99", "ms").at_most(CHECKOUT_MS),
        ],
        rows: rows.collect(),
        plot: Some(6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_come_at_their_rates_and_follow_from_the_seed() {
        let saturday = |seed| customers(seed, Duration::from_secs(4), PAYMENTS_PER_S).unwrap();
        assert_eq!(saturday(7), saturday(7));
        assert_ne!(saturday(7), saturday(8));
        // 320 are expected with a standard deviation of 18; four of them are allowed.
        let paying = saturday(7).0.offsets().count();
        assert!(paying.abs_diff(320) < 72, "{paying} payments");
        assert!(paying <= super::super::rig::ORDERS, "nobody pays an order twice");
    }
}
