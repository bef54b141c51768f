//! What a run of load is, once it is over: one document, whichever tool wrote it.
//!
//! `lab load` writes it, and so do the k6 scripts' `handleSummary` and the Locust file, so that one reader serves all three.

mod judge;
mod slo;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use judge::{Judgement, Outcome, RuleResult, hold, judge};
pub use slo::{Figure, Objective, Rule, SloFile};

/// Version of the [`LoadReport`] document. Readers refuse a newer one and say so.
pub const SCHEMA: u32 = 1;

/// All steps of a run as one: the name under which they are shown and judged. No step has it.
pub const OVERALL: &str = "overall";

/// One run of load, in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadReport {
    /// [`SCHEMA`] of the program that wrote the document.
    pub schema: u32,
    /// Who sent the load: `lab-load`, `k6`, `locust`.
    pub tool: String,
    /// Where it went, such as `http://127.0.0.1:8080`.
    pub target: String,
    /// The scenario's name, which is also the key of its objectives in the SLO file.
    pub scenario: String,
    /// What decides when a request leaves.
    pub model: Model,
    /// True when somebody stopped it early: the figures are of what was measured until then.
    #[serde(default)]
    pub interrupted: bool,
    /// Where a breakpoint test ended itself: the rate of customers per second at which an objective broke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broke_at_per_s: Option<f64>,
    /// From the start of the run to its last answer, or to the end of the drain where answers are missing, in seconds.
    pub elapsed_s: f64,
    /// The generator's own effort; other tools do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<Generator>,
    /// All steps as one.
    pub overall: StepSummary,
    /// The steps in the order of the scenario.
    pub steps: Vec<StepSummary>,
    /// The run held against its objectives, where it had any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
}

/// What decides when a request leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// A schedule: customers come whether or not the service answers.
    Open,
    /// The answer before it: a fixed number of users who wait. While the service stalls nobody asks, so the stall hardly shows.
    Closed,
}

/// What the generator itself used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// What paced the run: `timerfd`, or `tokio` whose timer is late by up to 2 ms.
    pub timer: String,
    /// CPU time of the generator's thread by wall time, 0.0 to 1.0: how much of its core it needed.
    pub cpu_share: f64,
    /// CPU time of the generator's thread for each request, in microseconds.
    pub cpu_us_per_request: f64,
    /// Most memory that its process held, in MiB, where the platform tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_rss_mib: Option<f64>,
    /// Most requests that were with the service at once, each on a connection of its own.
    pub most_in_flight: u64,
}

/// One step's counts and latencies. `planned = sent + unsent` and `sent = ok + failures + unfinished`.
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
    /// Failed, by reason: `503`, `timeout`, `connect`, `closed`, `malformed`; `failed` where a tool does not tell.
    pub failed: BTreeMap<String, u64>,
    /// Sent and never answered.
    pub unfinished: u64,
    /// Of those sent, the idempotent ones that went out once more, because the service closed a kept connection before anything of their
    /// answer came. Each counts once everywhere else. Absent where there was none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resent: u64,
    /// Expected answers per second of the whole run.
    pub throughput_per_s: f64,
    /// From the moment a request was meant to leave to the end of its answer: what a customer waits. None (null) where there was
    /// nothing to measure.
    pub response: Option<LatencySummary>,
    /// From the actual send: what is left when the generator forgives its own queue.
    pub service: Option<LatencySummary>,
    /// How late the generator itself was.
    pub lag: Option<LatencySummary>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl StepSummary {
    /// The share of planned requests that were not answered as expected, 0.0 to 1.0; 0.0 when none was planned.
    pub fn failed_share(&self) -> f64 {
        if self.planned == 0 { 0.0 } else { (self.planned - self.ok) as f64 / self.planned as f64 }
    }
}

/// A histogram's usual figures, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LatencySummary {
    /// How many latencies they describe.
    pub count: u64,
    /// Median.
    pub p50_ms: f64,
    /// 90th percentile.
    pub p90_ms: f64,
    /// 95th percentile.
    pub p95_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// 99.9th percentile.
    pub p999_ms: f64,
    /// Longest.
    pub max_ms: f64,
    /// Arithmetic mean. It hides what the percentiles show.
    pub mean_ms: f64,
}
