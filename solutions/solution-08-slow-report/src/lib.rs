//! Lab 08 solved: one statement, one text, and JSON once. The steps on the way are there to compare with.

use std::process::ExitCode;

use lab_08_slow_report::daily_report as yours;

pub use lab_08_slow_report::contract;
pub mod daily_report;
pub mod steps;

/// The program, which compares with the steps on the way, and with yours.
pub fn main() -> ExitCode {
    lab_harness::store::main_with_alternatives::<contract::DailyReport>(
        |pool, day| Box::pin(daily_report::daily_report(pool, day)),
        &[
            ("statements and text mended", |pool, day| Box::pin(steps::statements_and_text::daily_report(pool, day))),
            ("statements mended", |pool, day| Box::pin(steps::statements::daily_report(pool, day))),
            ("text and JSON mended", |pool, day| Box::pin(steps::text_and_json::daily_report(pool, day))),
            ("yours", |pool, day| Box::pin(yours::daily_report(pool, day))),
        ],
    )
}
