//! What is told of a verification wherever only its result matters.

use lab_results::gate::Status;
use lab_results::{Outcome, Verdict};
use serde::{Deserialize, Serialize};

/// One verification, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// When, in seconds since 1970.
    pub at: u64,
    /// The seed that repeats it.
    pub seed: u64,
    /// `sqlite`, `postgres`, or nothing for a lab without a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The result.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// Gates that were missed, by what they say.
    pub missed: Vec<String>,
    /// Hints that had been read.
    pub hints_used: u8,
    /// Wall time without the build.
    pub seconds: f64,
}

impl Attempt {
    /// A verdict in short.
    pub fn of(verdict: &Verdict) -> Self {
        let missed = verdict.gates.iter().filter(|gate| gate.status == Status::Missed);
        Attempt {
            at: verdict.at,
            seed: verdict.seed,
            database: verdict.database.clone(),
            outcome: verdict.outcome,
            reason: verdict.reason.clone(),
            missed: missed.map(|gate| gate.says.clone()).collect(),
            hints_used: verdict.hints_used,
            seconds: verdict.seconds,
        }
    }
}
