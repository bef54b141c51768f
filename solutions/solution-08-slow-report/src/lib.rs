//! Lab 08 solved: one statement, one text, and JSON once. The steps on the way are there to compare with.

use std::process::ExitCode;

use lab_08_slow_report::daily_report as yours;

pub use lab_08_slow_report::contract;
pub mod daily_report;

#[path = "../attempts/solved-joined.rs"]
pub mod joined;
#[path = "../attempts/not-yet-1-statements-alone.rs"]
pub mod statements_alone;
#[path = "../attempts/not-yet-4-statements-and-text.rs"]
pub mod statements_and_text;
#[path = "../attempts/not-yet-6-text-and-json.rs"]
pub mod text_and_json;

/// The program, which compares with the steps on the way, and with yours.
pub fn main() -> ExitCode {
    lab_harness::store::main_with_alternatives::<contract::DailyReport>(
        |pool, day| Box::pin(daily_report::daily_report(pool, day)),
        &[
            ("joined, added up here", |pool, day| Box::pin(joined::daily_report(pool, day))),
            ("statements and text mended", |pool, day| Box::pin(statements_and_text::daily_report(pool, day))),
            ("statements mended", |pool, day| Box::pin(statements_alone::daily_report(pool, day))),
            ("text and JSON mended", |pool, day| Box::pin(text_and_json::daily_report(pool, day))),
            ("yours", |pool, day| Box::pin(yours::daily_report(pool, day))),
        ],
    )
}
