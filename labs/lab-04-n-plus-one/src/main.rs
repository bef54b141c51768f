//! Lab 04's program; `lab` runs it.

use std::process::ExitCode;

use lab_04_n_plus_one::contract::LatestOrders;
use lab_04_n_plus_one::recent_orders::recent_orders;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    lab_harness::store::main::<LatestOrders>(|pool, limit| Box::pin(recent_orders(pool, limit)))
}
