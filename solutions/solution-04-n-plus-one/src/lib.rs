//! Lab 04 solved: the same page in two statements, and other ways to compare it with.

pub use lab_04_n_plus_one::contract;
pub mod alternatives;
pub mod recent_orders;
