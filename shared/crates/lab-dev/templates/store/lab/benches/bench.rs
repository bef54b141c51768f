//! `make bench-{{NN}}`: yours.

use std::process::ExitCode;

use lab_{{NN}}_{{snake}}::contract::LatestTotals;
use lab_{{NN}}_{{snake}}::report::latest_totals;

fn main() -> ExitCode {
    lab_harness::store::bench::<LatestTotals>(
        "latest_totals",
        &[("yours", |pool, limit| Box::pin(latest_totals(pool, limit)))],
    )
}
