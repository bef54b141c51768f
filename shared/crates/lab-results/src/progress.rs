//! What a learner has done in a lab so far.

use serde::{Deserialize, Serialize};

/// One lab's progress, kept by the lab's name so that renumbering breaks nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Hints read, 0 to 4.
    pub hints: u8,
    /// Verifications run.
    pub attempts: u32,
    /// Whether one of them was SOLVED.
    pub solved: bool,
    /// The word of the last verification.
    pub last: Option<String>,
    /// The share of the diagnosis that was right, such as `2 of 3`.
    pub diagnosis: Option<String>,
    /// The choices of the last diagnosis, counted from 1, in the order of its questions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<usize>,
    /// Whether the solution's diff was looked at.
    pub saw_solution: bool,
}

impl Progress {
    /// `solved`, `started`, or `-` for a lab that nobody has touched.
    pub fn state(&self) -> &'static str {
        match self {
            Progress { solved: true, .. } => "solved",
            Progress { attempts: 0, hints: 0, diagnosis: None, .. } => "-",
            _ => "started",
        }
    }
}
