//! `cargo bench -p solution-04-n-plus-one`: yours beside the reference.

use std::process::ExitCode;

use lab_04_n_plus_one::recent_orders::recent_orders as yours;
use solution_04_n_plus_one::contract::LatestOrders;
use solution_04_n_plus_one::recent_orders::recent_orders as reference;

fn main() -> ExitCode {
    lab_harness::store::bench::<LatestOrders>(
        "recent_orders",
        &[
            ("yours", |pool, limit| Box::pin(yours(pool, limit))),
            ("reference", |pool, limit| Box::pin(reference(pool, limit))),
        ],
    )
}
