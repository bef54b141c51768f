//! Lab 07: slow-serialization. The learner edits `confirm.rs`.

use std::process::ExitCode;

use contract::Confirmations;
use lab_harness::kernel::exchange::{Exchange, ExchangedJson};

pub mod confirm;
pub mod contract;

/// The function, called with the two files of an exchange.
pub fn confirm_orders(exchange: &Exchange) -> ExchangedJson {
    ExchangedJson::of(exchange, |orders, confirmation| confirm::confirm_orders(orders, confirmation))
}

/// The program.
pub fn main() -> ExitCode {
    lab_harness::kernel::main::<Confirmations>(confirm_orders)
}
