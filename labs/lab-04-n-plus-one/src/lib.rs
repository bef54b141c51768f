//! Lab 04: the customer service's latest orders. The learner edits `recent_orders.rs`.

use std::process::ExitCode;

pub mod contract;
pub mod recent_orders;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::store::main::<contract::LatestOrders>(|pool, limit| {
        Box::pin(recent_orders::recent_orders(pool, limit))
    })
}
