//! What a run found.

use std::collections::BTreeMap;
use std::time::Duration;

use lab_results::load::{Generator, LoadReport, Model, OVERALL, SCHEMA, StepSummary};

use crate::pacer::Pacer;
use crate::{Failure, Latencies};

/// What a run found, per step and over all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// From the start of the run to its last answer, or to the end of the drain where answers are missing.
    pub elapsed: Duration,
    /// True when a schedule decided when customers came; false as soon as one of them waited for an answer before it came again.
    pub is_open: bool,
    /// True when somebody ended the run early.
    pub interrupted: bool,
    /// What it cost the generator.
    pub effort: Effort,
    /// All steps as one.
    pub overall: StepReport,
    /// The steps in the order of the scenarios.
    pub steps: Vec<StepReport>,
}

/// What a run cost the generator.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Effort {
    /// CPU time of the generator's thread.
    pub cpu: Duration,
    /// Wall time from the first arrival to the end of the drain.
    pub wall: Duration,
    /// Most requests that were with the service at once.
    pub most_in_flight: u64,
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// Since its start.
    pub elapsed: Duration,
    /// Requests that were due until now.
    pub due: u64,
    /// Requests that were sent.
    pub sent: u64,
    /// Answered as expected.
    pub ok: u64,
    /// Failed.
    pub failed: u64,
    /// With the service now.
    pub in_flight: u64,
    /// Median response time in milliseconds since the last look; None when nothing was answered meanwhile.
    pub recent_p50_ms: Option<f64>,
    /// 99th percentile of the same.
    pub recent_p99_ms: Option<f64>,
    /// Every step since the last look.
    pub steps: Vec<LiveStep>,
}

/// One step since the last look.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveStep {
    /// Its name.
    pub name: String,
    /// Answered as expected.
    pub ok: u64,
    /// Failed.
    pub failed: u64,
    /// Response times of those.
    pub ended: Latencies,
    /// How long everybody without an answer has waited until now. Without them a service that answers nobody would look idle.
    pub waiting: Latencies,
}

impl LiveStep {
    /// A step to which nothing has happened.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ok: 0, failed: 0, ended: Latencies::new(), waiting: Latencies::new() }
    }
}

/// One step's counts and latencies. `planned = sent + unsent` and `sent = ok + failures + unfinished`.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// Its name.
    pub name: String,
    /// Requests that were due.
    pub planned: u64,
    /// Requests that got a place among those in flight and were sent.
    pub sent: u64,
    /// Answered as expected.
    pub ok: u64,
    /// Failed, by reason.
    pub failed: BTreeMap<Failure, u64>,
    /// Sent, and without an answer when the drain ended.
    pub unfinished: u64,
    /// Of those sent, the idempotent ones that went out once more, because the service closed a kept connection before anything of their
    /// answer came. Each counts once everywhere else, and its times go on from its first sending.
    pub resent: u64,
    /// From the intended send time to the end of the answer: what a customer waited. It holds every planned request.
    /// Failed ones stand in it with the time to their failure (look at [`failures`](Self::failures) beside it: failing
    /// fast is not answering fast); those that timed out or got no answer with the time they had waited, which is a
    /// lower bound.
    pub response: Latencies,
    /// From the actual send, a new connection's opening included, to the end of the answer: what a generator that
    /// forgives its own queue would report. It holds the sent ones.
    pub service: Latencies,
    /// How late the generator itself was for each arrival, before any waiting for a place; it stands with the arrival's first
    /// request. Large means that the run is not to be trusted.
    pub lag: Latencies,
}

impl StepReport {
    /// How many failed, for whatever reason.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// How many were due and never sent, because the in-flight cap was full until the drain ended.
    pub fn unsent(&self) -> u64 {
        self.planned - self.sent
    }

    /// The share of planned requests that were not answered as expected, 0.0 to 1.0; 0.0 when none was planned.
    pub fn failed_share(&self) -> f64 {
        if self.planned == 0 { 0.0 } else { (self.planned - self.ok) as f64 / self.planned as f64 }
    }

    /// All steps as one, under the name [`OVERALL`].
    pub fn overall(steps: &[Self]) -> Self {
        let mut all = Self::new(OVERALL);
        for step in steps {
            all.planned += step.planned;
            all.sent += step.sent;
            all.ok += step.ok;
            all.unfinished += step.unfinished;
            all.resent += step.resent;
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

impl Report {
    /// The step of this name.
    pub fn step(&self, name: &str) -> Option<&StepReport> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// How late the generator itself was, as a 99th percentile in milliseconds.
    pub fn lag_p99_ms(&self) -> Option<f64> {
        self.overall.lag.percentile_ms(0.99)
    }

    /// Expected answers per second of the whole run, its drain included.
    pub fn throughput_per_s(&self) -> f64 {
        self.per_s(self.overall.ok)
    }

    /// The run as the document that programs hand each other and keep, without a judgement.
    pub fn document(&self, target: &str, scenario: &str) -> LoadReport {
        let Effort { cpu, wall, most_in_flight } = self.effort;
        let generator = Generator {
            timer: Pacer::TIMER.into(),
            cpu_share: cpu.as_secs_f64() / wall.as_secs_f64().max(f64::MIN_POSITIVE),
            cpu_us_per_request: cpu.as_secs_f64() * 1e6 / self.overall.sent.max(1) as f64,
            peak_rss_mib: lab_probe::memory::peak_rss_bytes().map(|bytes| bytes as f64 / f64::from(1 << 20)),
            most_in_flight,
        };
        LoadReport {
            schema: SCHEMA,
            tool: "lab-load".into(),
            target: target.into(),
            scenario: scenario.into(),
            model: if self.is_open { Model::Open } else { Model::Closed },
            interrupted: self.interrupted,
            broke_at_per_s: None,
            elapsed_s: self.elapsed.as_secs_f64(),
            generator: Some(generator),
            overall: self.summarise(&self.overall),
            steps: self.steps.iter().map(|step| self.summarise(step)).collect(),
            judgement: None,
        }
    }

    fn summarise(&self, step: &StepReport) -> StepSummary {
        StepSummary {
            name: step.name.clone(),
            planned: step.planned,
            sent: step.sent,
            unsent: step.unsent(),
            ok: step.ok,
            failed: step.failed.iter().map(|(failure, count)| (failure.to_string(), *count)).collect(),
            unfinished: step.unfinished,
            resent: step.resent,
            throughput_per_s: self.per_s(step.ok),
            response: step.response.summary(),
            service: step.service.summary(),
            lag: step.lag.summary(),
        }
    }

    fn per_s(&self, count: u64) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
    }
}
