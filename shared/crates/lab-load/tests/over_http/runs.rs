//! What the tests of runs share.

use lab_load::{EachRequest, Report, Request, Run, Scenario, Schedule, Target};
use std::{net::SocketAddr, time::Duration};

/// Long enough that only a hanging test meets it.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn to(target: SocketAddr) -> Run {
    Run::new(Target::loopback(target).unwrap()).timeout(PATIENCE).drain(PATIENCE)
}

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub fn quotes() -> impl Scenario {
    EachRequest::new("quote", |_| Request::get("/quotes/1"))
}

/// `count` requests, all meant to leave at once.
pub fn at_once(count: usize) -> Schedule {
    at_rate(1.0, ms(1)).in_batches_of(count)
}

pub fn at_rate(rate_per_s: f64, window: Duration) -> Schedule {
    Schedule::constant(rate_per_s, window).unwrap()
}

pub fn drive(run: Run, schedule: Schedule) -> Report {
    run.open(schedule, quotes()).drive().unwrap()
}

/// Every request is in the counts once and in the response histogram once, whatever became of it.
pub fn assert_adds_up(report: &Report, planned: usize) {
    for step in report.steps.iter().chain([&report.overall]) {
        assert_eq!(step.planned, step.sent + step.unsent());
        assert_eq!(step.sent, step.ok + step.failures() + step.unfinished);
        assert_eq!(
            (step.response.count(), step.service.count(), step.lag.count()),
            (step.planned, step.sent, step.planned)
        );
    }
    assert_eq!(report.overall.planned, planned as u64);
    assert_eq!(report.steps.iter().map(|step| step.planned).sum::<u64>(), planned as u64);
}
