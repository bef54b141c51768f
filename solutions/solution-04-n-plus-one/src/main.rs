//! Lab 04's solved program; `lab` runs it. It compares itself with other ways to the same page.

use std::process::ExitCode;

use lab_04_n_plus_one::recent_orders as yours;
use lab_harness::store::main_with_alternatives;
use solution_04_n_plus_one::alternatives::{batched, concurrent, joined};
use solution_04_n_plus_one::contract::LatestOrders;
use solution_04_n_plus_one::recent_orders::recent_orders;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    main_with_alternatives::<LatestOrders>(
        |pool, limit| Box::pin(recent_orders(pool, limit)),
        &[
            ("joined", |pool, limit| Box::pin(joined::recent_orders(pool, limit))),
            ("batched", |pool, limit| Box::pin(batched::recent_orders(pool, limit))),
            ("concurrent", |pool, limit| Box::pin(concurrent::recent_orders(pool, limit))),
            ("yours", |pool, limit| Box::pin(yours::recent_orders(pool, limit))),
        ],
    )
}
