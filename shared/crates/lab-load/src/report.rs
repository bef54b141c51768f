//! What a run found.

use crate::{Failure, Latencies, LatencySummary};
use serde::{Deserialize, Serialize, Serializer};
use std::{collections::BTreeMap, time::Duration};

/// What a run found, per step and over all of them. Serialises as its [`Summary`].
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// From the start of the run to its last answer, or to the end of the drain where answers are missing.
    pub elapsed: Duration,
    /// What paced the run: `timerfd`, or `tokio` whose timer is late by up to 2 ms.
    pub timer: &'static str,
    /// All steps as one.
    pub overall: StepReport,
    /// The steps in the order of the options.
    pub steps: Vec<StepReport>,
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
    /// From the intended send time to the end of the answer: what a customer waited. It holds every planned request.
    /// Failed ones stand in it with the time to their failure (look at [`failures`](Self::failures) beside it: failing
    /// fast is not answering fast); those that timed out or got no answer with the time they had waited, which is a
    /// lower bound.
    pub response: Latencies,
    /// From the actual send, a new connection's opening included, to the end of the answer: what a generator that
    /// forgives its own queue would report. It holds the sent ones.
    pub service: Latencies,
    /// How late the generator itself was, before any waiting for a place. Large means that the run is not to be trusted.
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

    /// The figures that programs hand each other and keep.
    pub fn summary(&self) -> Summary {
        Summary {
            elapsed_s: self.elapsed.as_secs_f64(),
            timer: self.timer.to_owned(),
            overall: self.summarise(&self.overall),
            steps: self.steps.iter().map(|step| self.summarise(step)).collect(),
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

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.summary().serialize(serializer)
    }
}

/// A [`Report`] in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// See [`Report::elapsed`], in seconds.
    pub elapsed_s: f64,
    /// See [`Report::timer`].
    pub timer: String,
    /// All steps as one.
    pub overall: StepSummary,
    /// The steps in the order of the options.
    pub steps: Vec<StepSummary>,
}

/// A [`StepReport`] in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepSummary {
    /// Its name.
    pub name: String,
    /// Requests that were due.
    pub planned: u64,
    /// Requests that were sent.
    pub sent: u64,
    /// Requests that were due and never sent.
    pub unsent: u64,
    /// Answered as expected.
    pub ok: u64,
    /// Failed, by reason: `503`, `timeout`, `connect`, `closed`, `malformed`.
    pub failed: BTreeMap<String, u64>,
    /// Sent and never answered.
    pub unfinished: u64,
    /// Expected answers per second of the whole run.
    pub throughput_per_s: f64,
    /// From the intended send time; see [`StepReport::response`]. None (null) where there was nothing to measure.
    pub response: Option<LatencySummary>,
    /// From the actual send; see [`StepReport::service`].
    pub service: Option<LatencySummary>,
    /// The generator's own lateness; see [`StepReport::lag`].
    pub lag: Option<LatencySummary>,
}
