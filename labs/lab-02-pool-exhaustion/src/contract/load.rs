//! What customers do on a Saturday: they pay, and they reload the page of their order.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use lab_harness::load::{self, Options, Planned, Report, Request, Schedule};
use lab_harness::results::{Cell, Column, Table};
use orderflow::Order;
use orderflow::random::SplitMix64;

use super::CHECKOUT_MS;

/// Payments in a second.
pub(super) const PAYMENTS_PER_S: f64 = 80.0;
/// Orders looked at in a second.
pub(super) const LOOKS_PER_S: f64 = 20.0;
/// The steps of a plan, by the routes they take.
pub(super) const STEPS: [&str; 2] = ["POST /orders/{ref}/pay", "GET /orders/{ref}"];

/// Sends requests for this long, each when it is due; every payment is for another one of `orders`.
pub(super) fn drive(
    target: SocketAddr,
    orders: &[Order],
    seed: u64,
    window: Duration,
    payments_per_s: f64,
) -> Result<Report> {
    Ok(load::drive(target, &plan(orders, seed, window, payments_per_s)?, &Options::new(STEPS))?)
}

/// Independent customers, as Erlang's formulas assume. Everything follows from the seed.
fn plan(orders: &[Order], seed: u64, window: Duration, payments_per_s: f64) -> Result<Vec<Planned>> {
    let payments = Schedule::poisson(payments_per_s, seed)?.offsets(window);
    let mut plan: Vec<Planned> =
        payments.zip(orders).map(|(at, order)| Planned::new(at, 0, request(order, "pay"))).collect();
    let mut random = SplitMix64::new(seed);
    let looks = Schedule::poisson(LOOKS_PER_S, seed ^ 0x100C)?.offsets(window);
    plan.extend(looks.map(|at| {
        let order = &orders[random.below(orders.len() as u64) as usize];
        Planned::new(at, 1, Request::get(format!("/orders/{}", order.reference)))
    }));
    Ok(plan)
}

/// All of these orders are cancelled in the same moment.
pub(super) fn cancel_at_once(target: SocketAddr, orders: &[Order]) -> Result<Report> {
    let plan: Vec<Planned> =
        orders.iter().map(|order| Planned::new(Duration::ZERO, 0, request(order, "cancel"))).collect();
    Ok(load::drive(target, &plan, &Options::new(["POST /orders/{reference}/cancel"]))?)
}

/// A request that does something to an order.
pub(super) fn request(order: &Order, action: &str) -> Request {
    Request { body: None, ..Request::post(format!("/orders/{}/{action}", order.reference), "") }
}

/// Routes under load: what was asked of them and what became of it.
pub(super) fn table(report: &Report, window: Duration) -> Table {
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
    Table {
        title: "A Saturday, with a payment gateway that takes 200 ms".into(),
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
    fn the_plan_follows_from_the_seed_and_pays_no_order_twice() {
        let orders = orderflow::Shop::new(7).orders(400);
        let saturday = |seed| plan(&orders, seed, Duration::from_secs(4), PAYMENTS_PER_S).unwrap();
        assert_eq!(saturday(7), saturday(7));
        assert_ne!(saturday(7), saturday(8));
        let paid: Vec<String> =
            saturday(7).into_iter().filter(|planned| planned.step == 0).map(|planned| planned.request.path).collect();
        // 320 are expected with a standard deviation of 18; four of them are allowed.
        assert!(paid.len().abs_diff(320) < 72, "{} payments", paid.len());
        assert_eq!(paid.iter().collect::<std::collections::HashSet<_>>().len(), paid.len());
    }
}
