//! Lab 08 solved: one statement, one text, and JSON once. The steps on the way are there to compare with.

use std::process::ExitCode;

use lab_08_slow_report::daily_report as yours;

pub use lab_08_slow_report::contract;
pub mod daily_report;

/// The program, which compares with other ways, and with yours.
pub fn main() -> ExitCode {
    lab_harness::store::main_with_alternatives::<contract::DailyReport>(
        |pool, day| Box::pin(daily_report::daily_report(pool, day)),
        &[("yours", |pool, day| Box::pin(yours::daily_report(pool, day)))],
    )
}
