//! What customers do on the evening of a sale: they look orders up all the time, and sign in when the push message comes.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use lab_harness::load::{self, Options, Planned, Report, Request, Schedule};
use orderflow::random::SplitMix64;

use super::Credentials;
use super::accounts::credentials;
use super::server::orders;

/// Orders looked up in a second.
pub(super) const ORDERS_PER_S: f64 = 200.0;
/// Push messages go out in batches, this many batches in a second.
pub(super) const BATCHES_PER_S: f64 = 2.0;
/// Customers of a batch who tap on the message, and have to sign in.
pub(super) const TAPS: usize = 10;
/// The steps of a plan, by the routes they take.
pub(super) const STEPS: [&str; 2] = ["GET /orders/{reference}", "POST /sign-in"];

/// Sends an evening's requests for this long, each when it is due; with or without the push messages.
pub(super) fn drive(target: SocketAddr, seed: u64, window: Duration, with_messages: bool) -> Result<Report> {
    drive_moment(target, seed, 0, window, with_messages)
}

/// Another moment of the same evening: other customers come, for the same orders and accounts.
pub(super) fn drive_moment(
    target: SocketAddr,
    seed: u64,
    moment: u64,
    window: Duration,
    with_messages: bool,
) -> Result<Report> {
    Ok(load::drive(target, &plan(seed, moment, window, with_messages)?, &Options::new(STEPS))?)
}

/// Independent customers who look orders up, and batches of customers who sign in. Everything follows from the seed and the moment.
fn plan(seed: u64, moment: u64, window: Duration, with_messages: bool) -> Result<Vec<Planned>> {
    let (orders, known) = (orders(seed), credentials(seed));
    let mut random = SplitMix64::new(seed + moment);
    let lookups = Schedule::poisson(ORDERS_PER_S, seed + moment)?.offsets(window);
    let mut plan: Vec<Planned> = lookups
        .map(|at| {
            let order = &orders[random.below(orders.len() as u64) as usize];
            Planned::new(at, 0, Request::get(format!("/orders/{}", order.reference)))
        })
        .collect();
    if with_messages {
        let batches = Schedule::constant(BATCHES_PER_S)?.offsets(window);
        plan.extend(batches.flat_map(|at| [at; TAPS]).map(|at| {
            let mut typed = known[random.below(known.len() as u64) as usize].clone();
            // One in eight mistypes.
            let mistyped = random.below(8) == 0;
            if mistyped {
                typed.password.pop();
            }
            Planned::new(at, 1, sign_in_request(&typed)).expecting(if mistyped { 401 } else { 200 })
        }));
    }
    Ok(plan)
}

/// The request that signs somebody in.
pub(super) fn sign_in_request(typed: &Credentials) -> Request {
    let body = serde_json::json!({ "email": typed.email, "password": typed.password });
    Request::post("/sign-in", body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_follows_from_the_seed_and_holds_its_rates() {
        let window = Duration::from_secs(60);
        let evening = plan(7, 0, window, true).unwrap();
        assert_eq!(evening, plan(7, 0, window, true).unwrap());
        assert_ne!(evening, plan(7, 1, window, true).unwrap());
        let sign_ins = evening.iter().filter(|planned| planned.step == 1).count();
        assert_eq!(sign_ins, 60 * BATCHES_PER_S as usize * TAPS);
        // 12,000 are expected with a standard deviation of 110; four of them are allowed.
        assert!((evening.len() - sign_ins).abs_diff(12_000) < 440, "{} requests", evening.len());
        assert!(plan(7, 0, window, false).unwrap().iter().all(|planned| planned.step == 0));
    }
}
