//! Which load generators there are.

use serde::Serialize;

/// A generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// lab-load.
    Ours,
    /// k6, with the scripts of `scripts/k6`.
    K6,
    /// Locust, with the file of `scripts/locust`.
    Locust,
    /// wrk, which knows the closed model only.
    Wrk,
}

impl Tool {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Ours => "lab-load",
            Tool::K6 => "k6",
            Tool::Locust => "Locust",
            Tool::Wrk => "wrk",
        }
    }
}
