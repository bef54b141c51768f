//! The book-keeping of a run. Every planned request is entered when it is due and settled exactly once.

use crate::{Failure, Latencies, StepReport};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

pub(crate) struct Records {
    steps: Vec<StepReport>,
    /// Requests that are due and not settled, by their number in the run. Its size follows what is in flight, not the
    /// length of the run.
    open: HashMap<usize, Open>,
    settled: usize,
    last_settled: Option<Instant>,
}

struct Open {
    step: usize,
    intended: Instant,
    sent: Option<Instant>,
}

impl Records {
    pub(crate) fn new(step_names: &[String]) -> Self {
        let steps = step_names.iter().map(|name| StepReport::new(name)).collect();
        Self { steps, open: HashMap::new(), settled: 0, last_settled: None }
    }

    /// The generator got round to a request that was meant to leave at `intended`.
    pub(crate) fn due(&mut self, number: usize, step: usize, intended: Instant, now: Instant) {
        self.steps[step].planned += 1;
        self.steps[step].lag.record(now.saturating_duration_since(intended));
        self.open.insert(number, Open { step, intended, sent: None });
    }

    /// The request has a place among those in flight.
    pub(crate) fn sent(&mut self, number: usize, now: Instant) {
        if let Some(open) = self.open.get_mut(&number) {
            open.sent = Some(now);
            self.steps[open.step].sent += 1;
        }
    }

    /// The request came to its end. Returns how many have.
    pub(crate) fn settle(&mut self, number: usize, outcome: Result<(), Failure>, now: Instant) -> usize {
        if let Some(open) = self.open.remove(&number) {
            let step = &mut self.steps[open.step];
            step.record_latency(&open.waited(now));
            match outcome {
                Ok(()) => step.ok += 1,
                Err(failure) => *step.failed.entry(failure).or_default() += 1,
            }
            self.settled += 1;
            self.last_settled = Some(now);
        }
        self.settled
    }

    /// Ends the run: what is still open has waited at least until now, and stands in the histograms with that.
    pub(crate) fn close(mut self, start: Instant, now: Instant) -> (Vec<StepReport>, Duration) {
        let end = if self.open.is_empty() { self.last_settled.unwrap_or(now) } else { now };
        for open in self.open.into_values() {
            let step = &mut self.steps[open.step];
            step.record_latency(&open.waited(now));
            if open.sent.is_some() {
                step.unfinished += 1;
            }
        }
        (self.steps, end.saturating_duration_since(start))
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
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            planned: 0,
            sent: 0,
            ok: 0,
            failed: Default::default(),
            unfinished: 0,
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

    /// All steps as one, under the name `overall`.
    pub(crate) fn overall(steps: &[Self]) -> Self {
        let mut all = Self::new("overall");
        for step in steps {
            all.planned += step.planned;
            all.sent += step.sent;
            all.ok += step.ok;
            all.unfinished += step.unfinished;
            for (failure, count) in &step.failed {
                *all.failed.entry(*failure).or_default() += count;
            }
            all.response.merge(&step.response);
            all.service.merge(&step.service);
            all.lag.merge(&step.lag);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_settled_once_and_no_waiting_is_lost() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut records = Records::new(&["quote".to_owned(), "login".to_owned()]);
        for (number, step) in [0, 0, 0, 1].into_iter().enumerate() {
            records.due(number, step, at(0), at(1));
        }
        (0..3).for_each(|number| records.sent(number, at(10)));
        assert_eq!(records.settle(0, Ok(()), at(30)), 1);
        assert_eq!(records.settle(1, Err(Failure::Status(503)), at(20)), 2);
        assert_eq!(records.settle(1, Ok(()), at(25)), 2, "settled already");

        // 2 was sent and not answered, 3 never got a place: both have waited for the 100 ms that the run lasted.
        let (steps, elapsed) = records.close(start, at(100));
        assert_eq!(elapsed, Duration::from_millis(100));
        let [quote, login] = &steps[..] else { panic!("two steps") };
        assert_eq!((quote.planned, quote.sent, quote.ok, quote.failures(), quote.unfinished), (3, 3, 1, 1, 1));
        assert_eq!((login.planned, login.sent, login.unsent(), login.unfinished), (1, 0, 1, 0));
        assert!(quote.response.max_ms() >= Some(100.0) && login.response.max_ms() >= Some(100.0));
        assert_eq!((quote.service.count(), login.service.count()), (3, 0));
        assert!(quote.service.percentile_ms(0.0).is_some_and(|ms| (ms - 10.0).abs() < 0.1));

        let overall = StepReport::overall(&steps);
        assert_eq!((overall.planned, overall.response.count(), overall.lag.count()), (4, 4, 4));
        assert_eq!(overall.failed[&Failure::Status(503)], 1);
    }
}
