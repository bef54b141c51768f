//! Lab {{NN}}: {{slug}}. The learner edits `report.rs`.

use std::process::ExitCode;

pub mod contract;
pub mod report;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::store::main::<contract::LatestTotals>(|pool, limit| Box::pin(report::latest_totals(pool, limit)))
}
