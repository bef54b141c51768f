//! What customers do: each request when it is due, whether the service answers or not.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Result, bail};
use lab_harness::load::{EachRequest, Failure, Report, Request, Run, Scenario, Schedule, Target};
use serde::Serialize;

/// When customers come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comes {
    /// Independently of each other, as Erlang's formulas assume.
    AtRandom,
    /// So many in the same moment; `per_s` counts these moments.
    InBatchesOf(usize),
}

/// Which of the flow's requests a customer sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// Any.
    Random,
    /// The next, and after the last one the first.
    InTurn,
}

/// Customers who all do the same. Everything about them follows from a seed.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Its name in reports.
    pub step: String,
    /// How many come in a second.
    pub per_s: f64,
    /// When they come.
    pub comes: Comes,
    /// What they send.
    pub requests: Vec<Request>,
    /// Which one of them.
    pub take: Take,
}

impl Flow {
    /// How many requests a second.
    pub fn requests_per_s(&self) -> f64 {
        match self.comes {
            Comes::AtRandom => self.per_s,
            Comes::InBatchesOf(customers) => self.per_s * customers as f64,
        }
    }

    fn schedule(&self, seed: u64, window: Duration) -> Result<Schedule> {
        let schedule = Schedule::constant(self.per_s, window)?;
        Ok(match self.comes {
            Comes::AtRandom => schedule.at_random(seed),
            Comes::InBatchesOf(customers) => schedule.in_batches_of(customers),
        })
    }

    fn scenario(&self) -> impl Scenario + use<> {
        let (requests, take, next) = (self.requests.clone(), self.take, AtomicUsize::new(0));
        EachRequest::new(self.step.clone(), move |vu| {
            let at = match take {
                Take::Random => vu.random().below(requests.len() as u64) as usize,
                Take::InTurn => next.fetch_add(1, Relaxed) % requests.len(),
            };
            requests[at].clone()
        })
    }
}

/// Sends the requests of all flows for this long, each when it is due, and waits for the last answer. The report has a step for each flow,
/// in their order.
///
/// # Errors
/// A flow has no requests, a rate is none, the target is not on this machine, or the generator fails.
pub fn drive(target: SocketAddr, flows: &[Flow], seed: u64, window: Duration) -> Result<Report> {
    let mut run = Run::new(Target::loopback(target)?).seed(seed);
    for (number, flow) in (0..).zip(flows) {
        if flow.requests.is_empty() {
            bail!("the flow `{}` has no requests", flow.step);
        }
        // Of the same seed two flows would come in step.
        run = run.open(flow.schedule(seed ^ (number * 0x100C), window)?, flow.scenario());
    }
    Ok(run.drive()?)
}

/// Whoever answers otherwise under load than when it is quiet has no time to be compared. An answer that never came is another matter.
///
/// # Errors
/// A request was answered with a status that is not the right one.
pub fn answered_rightly(report: &Report) -> Result<()> {
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

/// A body of a request.
///
/// # Panics
/// The value is none that JSON has, such as a map whose keys are no text.
pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("bodies of requests are texts and numbers under names")
}

#[cfg(test)]
mod tests {
    use lab_harness::load::{Effort, StepReport};

    use super::*;

    #[test]
    fn a_wrong_status_under_load_is_said_and_a_late_answer_is_not() {
        let mut step = StepReport { planned: 3, ..StepReport::new("POST /sign-in") };
        step.failed.insert(Failure::Timeout, 1);
        let report = |step: &StepReport| Report {
            elapsed: Duration::ZERO,
            is_open: true,
            interrupted: false,
            effort: Effort::default(),
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
        let flow = |comes, per_s| Flow { step: "GET /".into(), per_s, comes, requests: Vec::new(), take: Take::Random };
        let (customers, messages) = (flow(Comes::AtRandom, 200.0), flow(Comes::InBatchesOf(10), 2.0));
        let minute = |flow: &Flow, seed| flow.schedule(seed, Duration::from_secs(60)).unwrap();
        assert_eq!(minute(&customers, 7), minute(&customers, 7));
        assert_ne!(minute(&customers, 7), minute(&customers, 8));
        assert_eq!(minute(&messages, 7).offsets().count(), 60 * 2 * 10);
        // 12,000 are expected with a standard deviation of 110; four of them are allowed.
        assert!(minute(&customers, 7).offsets().count().abs_diff(12_000) < 440);
    }

    #[test]
    fn a_flow_without_requests_is_named() {
        let flow = Flow {
            step: "GET /x".into(),
            per_s: 1.0,
            comes: Comes::AtRandom,
            requests: Vec::new(),
            take: Take::InTurn,
        };
        let error = drive(([127, 0, 0, 1], 9).into(), &[flow], 7, Duration::from_millis(1)).unwrap_err();
        assert!(error.to_string().contains("GET /x"), "{error}");
    }
}
