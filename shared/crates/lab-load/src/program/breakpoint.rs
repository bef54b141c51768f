//! Where a service breaks: objectives held against the last two seconds, again and again.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use lab_load::{Latencies, Live, LiveStep};
use lab_results::load::{Figure, LatencySummary, OVERALL, RuleResult, StepSummary, hold};

use super::slo::Promise;

/// How far back it looks.
const WINDOW: Duration = Duration::from_secs(2);
/// Of fewer requests in that time nothing is said.
const FEWEST: u64 = 10;

/// The moment at which a service broke.
#[derive(Debug, Clone, PartialEq)]
pub struct Broke {
    /// Since the start of the run.
    pub at: Duration,
    /// How far back its figures reach.
    pub since: Duration,
    /// What was broken.
    pub rules: Vec<RuleResult>,
}

/// The last two seconds of a run.
pub struct Window {
    promise: Promise,
    /// When each look began, and what happened until the next one.
    looks: VecDeque<(Duration, Vec<LiveStep>)>,
    last: Duration,
}

impl Window {
    /// Nothing was seen yet.
    pub fn new(promise: &Promise) -> Self {
        Self { promise: promise.clone(), looks: VecDeque::new(), last: Duration::ZERO }
    }

    /// Looks again, and says what is broken, if anything is.
    pub fn see(&mut self, live: &Live) -> Option<Broke> {
        self.looks.push_back((self.last, live.steps.clone()));
        self.last = live.elapsed;
        while self.looks.len() > 1 && self.looks.front().is_some_and(|(began, _)| *began + WINDOW < live.elapsed) {
            self.looks.pop_front();
        }
        let steps: Vec<StepSummary> = (0..live.steps.len()).map(|step| self.summary(step)).collect();
        let rules = hold(&steps, &overall(&steps), WINDOW.as_secs_f64(), &self.promise.objectives);
        let is_broken = |rule: &RuleResult| {
            // Counts and rates are a matter of the whole run, and of a ramp none.
            !rule.kept && rule.observed.is_some() && !matches!(rule.rule.figure, Figure::Count | Figure::PerS)
        };
        let rules: Vec<RuleResult> = rules.into_iter().filter(is_broken).collect();
        let since = self.looks.front().map_or(Duration::ZERO, |(began, _)| *began);
        (!rules.is_empty()).then_some(Broke { at: live.elapsed, since, rules })
    }

    /// A step over the window. Who is still waiting has waited at least that long, and has not failed.
    fn summary(&self, step: usize) -> StepSummary {
        let mut response = Latencies::new();
        let (mut ok, mut failed, mut waiting, mut name) = (0, 0, 0, String::new());
        for (_, steps) in &self.looks {
            let Some(seen) = steps.get(step) else { continue };
            response.merge(&seen.ended);
            (ok, failed) = (ok + seen.ok, failed + seen.failed);
            name.clone_from(&seen.name);
        }
        if let Some(now) = self.looks.back().and_then(|(_, steps)| steps.get(step)) {
            response.merge(&now.waiting);
            waiting = now.waiting.count();
        }
        let response = response.summary().filter(|all| all.count >= FEWEST);
        let counted = if response.is_some() { (ok + waiting, failed) } else { (0, 0) };
        summary(name, counted, response)
    }
}

fn summary(name: String, (ok, failed): (u64, u64), response: Option<LatencySummary>) -> StepSummary {
    StepSummary {
        name,
        planned: ok + failed,
        sent: ok + failed,
        unsent: 0,
        ok,
        failed: BTreeMap::from([("failed".to_owned(), failed)]),
        unfinished: 0,
        resent: 0,
        throughput_per_s: ok as f64 / WINDOW.as_secs_f64(),
        response,
        service: None,
        lag: None,
    }
}

/// All steps as one. The default rule looks only at what failed, so that their latencies as one are not needed.
fn overall(steps: &[StepSummary]) -> StepSummary {
    let sum = |count: fn(&StepSummary) -> u64| steps.iter().map(count).sum::<u64>();
    summary(OVERALL.into(), (sum(|step| step.ok), sum(|step| step.planned - step.ok)), None)
}

#[cfg(test)]
mod tests {
    use lab_results::load::Objective;

    use super::*;

    fn window() -> Window {
        let pay =
            Objective { step: "pay".into(), p99_ms: Some(100.0), max_failed_share: Some(0.1), ..Objective::default() };
        Window::new(&Promise { objectives: vec![pay], source: String::new() })
    }

    /// A quarter of a second in which some ended well, some failed and some wait.
    fn look(at_ms: u64, ended_ms: &[u64], failed: u64, waiting_ms: &[u64]) -> Live {
        let mut pay = LiveStep::new("pay");
        ended_ms.iter().for_each(|ms| pay.ended.record(Duration::from_millis(*ms)));
        waiting_ms.iter().for_each(|ms| pay.waiting.record(Duration::from_millis(*ms)));
        (pay.ok, pay.failed) = (ended_ms.len() as u64 - failed, failed);
        Live {
            elapsed: Duration::from_millis(at_ms),
            due: 0,
            sent: 0,
            ok: 0,
            failed: 0,
            in_flight: 0,
            recent_p50_ms: None,
            recent_p99_ms: None,
            steps: vec![pay],
        }
    }

    fn figures(broke: &Broke) -> Vec<Figure> {
        broke.rules.iter().map(|rule| rule.rule.figure).collect()
    }

    #[test]
    fn it_breaks_when_the_last_two_seconds_do() {
        let mut window = window();
        for quarter in 1..=20 {
            assert_eq!(window.see(&look(quarter * 250, &[10; 20], 0, &[5; 2])), None);
        }
        let broke = window.see(&look(5250, &[150; 20], 0, &[])).unwrap();
        assert_eq!((broke.at, figures(&broke)), (Duration::from_millis(5250), vec![Figure::P99Ms]));
        // Its figures begin with the look that began 2 s before.
        assert_eq!(broke.since, Duration::from_millis(3250));
        // Two seconds later they are forgotten.
        let later = (22..=30).map(|quarter| window.see(&look(quarter * 250, &[10; 20], 0, &[])));
        assert_eq!(later.last(), Some(None));
    }

    #[test]
    fn a_service_that_answers_nobody_has_broken_as_well() {
        let mut window = window();
        assert_eq!(window.see(&look(250, &[10; 50], 0, &[])), None);
        assert_eq!(window.see(&look(500, &[], 0, &[99; 50])), None);
        assert_eq!(figures(&window.see(&look(750, &[], 0, &[101; 50])).unwrap()), [Figure::P99Ms]);
    }

    #[test]
    fn failures_break_it_and_a_handful_of_requests_says_nothing() {
        let mut window = window();
        assert_eq!(window.see(&look(250, &[900; 9], 9, &[])), None);
        assert_eq!(window.see(&look(5000, &[10; 20], 1, &[])), None);
        assert_eq!(figures(&window.see(&look(5250, &[10; 20], 5, &[])).unwrap()), [Figure::FailedShare]);
    }
}
