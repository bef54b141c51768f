//! What customers do on the evening of a sale: they look orders up all the time, and sign in when the push message comes.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};
use lab_harness::load::{EachRequest, Failure, Report, Request, Run, Scenario, Schedule, Target};
use orderflow_accounts::{Credentials, credentials, orders};

/// Orders looked up in a second.
pub(super) const ORDERS_PER_S: f64 = 200.0;
/// Push messages go out in batches, this many batches in a second.
pub(super) const BATCHES_PER_S: f64 = 2.0;
/// Customers of a batch who tap on the message, and have to sign in.
pub(super) const TAPS: usize = 10;
/// The steps, by the routes they take.
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
    let [look_up, sign_in] = STEPS;
    let (customers, messages) = arrivals(seed + moment, window)?;
    let run = Run::new(Target::loopback(target)?).seed(seed + moment);
    let mut run = run.open(customers, looking_up(look_up, seed));
    if with_messages {
        run = run.open(messages, signing_in(sign_in, seed));
    }
    Ok(run.drive()?)
}

/// Whoever answers otherwise under load than when it is quiet has no time to be compared. An answer that never came is another matter.
///
/// # Errors
/// A request was answered with a status that is not the right one.
pub(super) fn answered_rightly(report: &Report) -> Result<()> {
    for step in &report.steps {
        for (failure, count) in &step.failed {
            if let Failure::Status(status) = failure {
                bail!(
                    "{count} of {} requests of {} were answered with {status} under load, and rightly when it was quiet",
                    step.planned,
                    step.name
                );
            }
        }
    }
    Ok(())
}

/// When customers look orders up, independently of each other, and when the push messages make some sign in.
fn arrivals(seed: u64, window: Duration) -> Result<(Schedule, Schedule)> {
    let customers = Schedule::constant(ORDERS_PER_S, window)?.at_random(seed);
    Ok((customers, Schedule::constant(BATCHES_PER_S, window)?.in_batches_of(TAPS)))
}

/// Independent customers, each with an order of their own.
fn looking_up(step: &str, seed: u64) -> impl Scenario + use<> {
    let pages: Vec<Request> =
        orders(seed).iter().map(|order| Request::get(format!("/orders/{}", order.reference))).collect();
    EachRequest::new(step, move |vu| pages[vu.random().below(pages.len() as u64) as usize].clone())
}

/// Customers who tapped on a message; one in eight mistypes.
fn signing_in(step: &str, seed: u64) -> impl Scenario + use<> {
    let known = credentials(seed);
    EachRequest::new(step, move |vu| {
        let mut typed = known[vu.random().below(known.len() as u64) as usize].clone();
        let mistyped = vu.random().below(8) == 0;
        if mistyped {
            typed.password.pop();
        }
        sign_in_request(&typed).expecting(if mistyped { 401 } else { 200 })
    })
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
    fn a_wrong_status_under_load_is_said_and_a_late_answer_is_not() {
        let mut step =
            lab_harness::load::StepReport { planned: 3, ..lab_harness::load::StepReport::new("POST /sign-in") };
        step.failed.insert(Failure::Timeout, 1);
        let report = |step: &lab_harness::load::StepReport| Report {
            elapsed: Duration::ZERO,
            is_open: true,
            interrupted: false,
            effort: lab_harness::load::Effort::default(),
            overall: step.clone(),
            steps: vec![step.clone()],
        };
        answered_rightly(&report(&step)).unwrap();
        step.failed.insert(Failure::Status(401), 2);
        let words = answered_rightly(&report(&step)).unwrap_err().to_string();
        assert!(words.starts_with("2 of 3 requests of POST /sign-in were answered with 401"), "{words}");
    }

    #[test]
    fn arrivals_follow_from_the_seed_and_hold_their_rates() {
        let evening = |seed| arrivals(seed, Duration::from_secs(60)).unwrap();
        assert_eq!(evening(7), evening(7));
        assert_ne!(evening(7), evening(8));
        let (customers, messages) = evening(7);
        assert_eq!(messages.offsets().count(), 60 * BATCHES_PER_S as usize * TAPS);
        // 12,000 are expected with a standard deviation of 110; four of them are allowed.
        assert!(customers.offsets().count().abs_diff(12_000) < 440);
    }
}
