//! The book-keeping of a run. Every request is entered when it is due and settled exactly once.

use std::time::{Duration, Instant};

use slab::Slab;

use crate::{Effort, Failure, Latencies, Live, LiveStep, Report, StepReport};

pub(crate) struct Records {
    steps: Vec<StepReport>,
    /// Requests that are due and not settled. Its size follows what is in flight, not the length of the run.
    open: Slab<Open>,
    in_flight: u64,
    most_in_flight: u64,
    last_settled: Option<Instant>,
    /// The same steps since somebody last looked.
    recent: Vec<LiveStep>,
}

struct Open {
    step: usize,
    intended: Instant,
    sent: Option<Instant>,
}

impl Records {
    pub(crate) fn new(step_names: impl IntoIterator<Item = String>) -> Self {
        let mut records = Self {
            steps: Vec::new(),
            open: Slab::new(),
            in_flight: 0,
            most_in_flight: 0,
            last_settled: None,
            recent: Vec::new(),
        };
        for name in step_names {
            records.step(&name);
        }
        records
    }

    /// The step of this name; a scenario's steps are few.
    fn step(&mut self, name: &str) -> usize {
        self.steps.iter().position(|step| step.name == name).unwrap_or_else(|| {
            self.steps.push(StepReport::new(name));
            self.recent.push(LiveStep::new(name));
            self.steps.len() - 1
        })
    }

    /// A request is due that was meant to leave at `intended`; an arrival's first one says how late the generator was for it.
    pub(crate) fn due(&mut self, step: &str, intended: Instant, lag: Option<Duration>) -> usize {
        let step = self.step(step);
        self.steps[step].planned += 1;
        if let Some(lag) = lag {
            self.steps[step].lag.record(lag);
        }
        self.open.insert(Open { step, intended, sent: None })
    }

    /// The request has a place among those in flight.
    pub(crate) fn sent(&mut self, number: usize, now: Instant) {
        let open = &mut self.open[number];
        open.sent = Some(now);
        self.steps[open.step].sent += 1;
        self.in_flight += 1;
        self.most_in_flight = self.most_in_flight.max(self.in_flight);
    }

    /// The request goes out once more.
    pub(crate) fn resent(&mut self, number: usize) {
        self.steps[self.open[number].step].resent += 1;
    }

    /// The request came to its end, as expected or with a failure.
    pub(crate) fn settle(&mut self, number: usize, failure: Option<Failure>, now: Instant) {
        let open = self.open.remove(number);
        let (step, recent) = (&mut self.steps[open.step], &mut self.recent[open.step]);
        let waited = open.waited(now);
        step.record_latency(&waited);
        recent.ended.record(waited.response);
        match failure {
            None => (step.ok, recent.ok) = (step.ok + 1, recent.ok + 1),
            Some(failure) => {
                *step.failed.entry(failure).or_default() += 1;
                recent.failed += 1;
            }
        }
        self.in_flight -= 1;
        self.last_settled = Some(now);
    }

    /// How the run stands, and what happened since the last call.
    pub(crate) fn live(&mut self, start: Instant, now: Instant) -> Live {
        let nothing = self.steps.iter().map(|step| LiveStep::new(&step.name)).collect();
        let mut steps = std::mem::replace(&mut self.recent, nothing);
        for (_, open) in &self.open {
            steps[open.step].waiting.record(open.waited(now).response);
        }
        let mut recent = Latencies::new();
        steps.iter().for_each(|step| recent.merge(&step.ended));
        let sum = |count: fn(&StepReport) -> u64| self.steps.iter().map(count).sum();
        Live {
            elapsed: now.saturating_duration_since(start),
            due: sum(|step| step.planned),
            sent: sum(|step| step.sent),
            ok: sum(|step| step.ok),
            failed: sum(StepReport::failures),
            in_flight: self.in_flight,
            recent_p50_ms: recent.percentile_ms(0.5),
            recent_p99_ms: recent.percentile_ms(0.99),
            steps,
        }
    }

    /// What came of it until now: what is still open has waited at least this long, and stands in the histograms with that.
    pub(crate) fn report(&self, start: Instant, now: Instant) -> Report {
        let end = if self.open.is_empty() { self.last_settled.unwrap_or(now) } else { now };
        let mut steps = self.steps.clone();
        for (_, open) in &self.open {
            let step = &mut steps[open.step];
            step.record_latency(&open.waited(now));
            if open.sent.is_some() {
                step.unfinished += 1;
            }
        }
        Report {
            elapsed: end.saturating_duration_since(start),
            is_open: true,
            interrupted: false,
            effort: Effort { most_in_flight: self.most_in_flight, ..Effort::default() },
            overall: StepReport::overall(&steps),
            steps,
        }
    }
}

/// How long a request has waited, as its caller meant it and since it was sent.
struct Waited {
    response: Duration,
    service: Option<Duration>,
}

impl Open {
    fn waited(&self, now: Instant) -> Waited {
        Waited {
            response: now.saturating_duration_since(self.intended),
            service: self.sent.map(|sent| now.saturating_duration_since(sent)),
        }
    }
}

impl StepReport {
    /// A step of which nothing was asked yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            planned: 0,
            sent: 0,
            ok: 0,
            failed: Default::default(),
            unfinished: 0,
            resent: 0,
            response: Latencies::new(),
            service: Latencies::new(),
            lag: Latencies::new(),
        }
    }

    fn record_latency(&mut self, waited: &Waited) {
        self.response.record(waited.response);
        if let Some(service) = waited.service {
            self.service.record(service);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_settled_once_and_no_waiting_is_lost() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut records = Records::new(["quote".to_owned(), "login".to_owned()]);
        let lag = Some(Duration::from_millis(1));
        let due = ["quote", "quote", "quote", "login"].map(|step| records.due(step, at(0), lag));
        due[..3].iter().for_each(|number| records.sent(*number, at(10)));
        records.settle(due[0], None, at(30));
        records.settle(due[1], Some(Failure::Status(503)), at(20));

        let live = records.live(start, at(50));
        assert_eq!((live.due, live.sent, live.ok, live.failed, live.in_flight), (4, 3, 1, 1, 1));
        let quote = &live.steps[0];
        assert_eq!((quote.ok, quote.failed, quote.ended.count(), quote.waiting.count()), (1, 1, 2, 1));
        // The second look sees nothing new, and that one has waited for longer.
        let again = records.live(start, at(80));
        assert!(live.recent_p99_ms >= Some(29.9) && again.recent_p99_ms.is_none());
        assert!(quote.waiting.max_ms() >= Some(49.9) && again.steps[0].waiting.max_ms() >= Some(79.9));

        // One was sent and not answered, one never got a place: both have waited for the 100 ms that the run lasted.
        let report = records.report(start, at(100));
        assert_eq!(report.elapsed, Duration::from_millis(100));
        let [quote, login] = &report.steps[..] else { panic!("two steps") };
        assert_eq!((quote.planned, quote.sent, quote.ok, quote.failures(), quote.unfinished), (3, 3, 1, 1, 1));
        assert_eq!((login.planned, login.sent, login.unsent(), login.unfinished), (1, 0, 1, 0));
        assert!(quote.response.max_ms() >= Some(100.0) && login.response.max_ms() >= Some(100.0));
        assert_eq!((quote.service.count(), login.service.count()), (3, 0));
        assert!(quote.service.percentile_ms(0.0).is_some_and(|ms| (ms - 10.0).abs() < 0.1));

        let overall = &report.overall;
        assert_eq!((overall.planned, overall.response.count(), overall.lag.count()), (4, 4, 4));
        assert_eq!((overall.failed[&Failure::Status(503)], report.effort.most_in_flight), (1, 3));
    }

    #[test]
    fn a_step_that_nobody_declared_is_counted_all_the_same() {
        let mut records = Records::new(["quote".to_owned()]);
        let (now, number) = (Instant::now(), records.due("new", Instant::now(), None));
        records.sent(number, now);
        records.settle(number, None, now);
        let report = records.report(now, now);
        assert_eq!(report.steps.iter().map(|step| step.planned).collect::<Vec<_>>(), [0, 1]);
    }
}
