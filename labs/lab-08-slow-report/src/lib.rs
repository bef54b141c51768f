//! Lab 08: the warehouse's report of a day. The learner edits `daily_report.rs`.

use std::process::ExitCode;

pub mod contract;
pub mod daily_report;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::store::main::<contract::DailyReport>(|pool, day| Box::pin(daily_report::daily_report(pool, day)))
}
