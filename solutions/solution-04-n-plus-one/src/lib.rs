//! Lab 04 solved: the same page in two statements, and other ways to compare it with.

use std::process::ExitCode;

pub use lab_04_n_plus_one::contract;
pub mod alternatives;
pub mod recent_orders;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::store::main::<contract::LatestOrders>(|pool, limit| {
        Box::pin(recent_orders::recent_orders(pool, limit))
    })
}
