//! Lab {{NN}} solved.

use std::process::ExitCode;

pub use lab_{{NN}}_{{snake}}::contract;
pub mod report;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::store::main::<contract::LatestTotals>(|pool, limit| Box::pin(report::latest_totals(pool, limit)))
}
