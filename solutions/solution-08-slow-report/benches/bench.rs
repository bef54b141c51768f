//! `cargo bench -p solution-08-slow-report`: yours beside the reference.

use std::process::ExitCode;

use lab_08_slow_report::daily_report::daily_report as yours;
use solution_08_slow_report::contract::DailyReport;
use solution_08_slow_report::daily_report::daily_report as reference;

fn main() -> ExitCode {
    lab_harness::store::bench::<DailyReport>(
        "daily_report",
        &[("yours", |pool, day| Box::pin(yours(pool, day))), ("reference", |pool, day| Box::pin(reference(pool, day)))],
    )
}
