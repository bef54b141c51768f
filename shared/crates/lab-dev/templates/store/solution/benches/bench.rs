//! `cargo bench -p solution-{{NN}}-{{slug}}`: yours beside the reference.

use std::process::ExitCode;

use lab_{{NN}}_{{snake}}::report::latest_totals as yours;
use solution_{{NN}}_{{snake}}::contract::LatestTotals;
use solution_{{NN}}_{{snake}}::report::latest_totals as reference;

fn main() -> ExitCode {
    lab_harness::store::bench::<LatestTotals>(
        "latest_totals",
        &[
            ("yours", |pool, limit| Box::pin(yours(pool, limit))),
            ("reference", |pool, limit| Box::pin(reference(pool, limit))),
        ],
    )
}
