//! `make bench-04`: yours.

use std::process::ExitCode;

use lab_04_n_plus_one::contract::LatestOrders;
use lab_04_n_plus_one::recent_orders::recent_orders;

fn main() -> ExitCode {
    lab_harness::store::bench::<LatestOrders>(
        "recent_orders",
        &[("yours", |pool, limit| Box::pin(recent_orders(pool, limit)))],
    )
}
