//! `make bench-08`: yours.

use std::process::ExitCode;

use lab_08_slow_report::contract::DailyReport;
use lab_08_slow_report::daily_report::daily_report;

fn main() -> ExitCode {
    lab_harness::store::bench::<DailyReport>(
        "daily_report",
        &[("yours", |pool, day| Box::pin(daily_report(pool, day)))],
    )
}
