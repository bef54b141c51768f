//! What one of a lab's programs said, kept so that it can be looked at later.

use serde::{Deserialize, Serialize};

use crate::record::Record;

/// Version of the [`ProgramRun`] document. Readers refuse another one and say so.
pub const SCHEMA: u32 = 1;

/// The records of one run of `reproduce`, `profile` or `heap`, and what it takes to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgramRun {
    /// [`SCHEMA`] of the program that wrote the document.
    pub schema: u32,
    /// `original` while the lab's files are as they were, `yours` once one is edited, `reference` for the solution.
    pub subject: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// The seed that repeats the run.
    pub seed: u64,
    /// Whether it was the smallest size that still shows something.
    pub smoke: bool,
    /// `sqlite` or `postgres`, where there was a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Machine: operating system, architecture, cores.
    pub machine: String,
    /// One-minute load average at the end of the run, where the platform tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// What the program said, in order.
    pub records: Vec<Record>,
}
