//! Lab 04 solved: the same page in two statements, and other ways to compare it with.

use std::process::ExitCode;

use lab_04_n_plus_one::recent_orders as yours;

pub use lab_04_n_plus_one::contract;
pub mod alternatives;
pub mod recent_orders;

/// The program, which compares with other ways, and with yours.
pub fn main() -> ExitCode {
    lab_harness::store::main_with_alternatives::<contract::LatestOrders>(
        |pool, limit| Box::pin(recent_orders::recent_orders(pool, limit)),
        &[
            ("joined", |pool, limit| Box::pin(alternatives::joined::recent_orders(pool, limit))),
            ("batched", |pool, limit| Box::pin(alternatives::batched::recent_orders(pool, limit))),
            ("concurrent", |pool, limit| Box::pin(alternatives::concurrent::recent_orders(pool, limit))),
            ("yours", |pool, limit| Box::pin(yours::recent_orders(pool, limit))),
        ],
    )
}
