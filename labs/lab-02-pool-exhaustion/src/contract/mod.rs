//! What the checkout is held against. The judge uses its own copy of this folder.

pub mod bench;
mod check;
mod count;
mod crowd;
mod load;
mod program;
mod rig;
mod server;

use std::process::ExitCode;

pub use orderflow_payments::{Charge, Gateway};
pub use orderflow_shop::{Checkout, Refusal, audit, orders};

/// The promise for the checkout: 99.9% of payments and cancellations are answered within this many milliseconds.
pub const CHECKOUT_MS: f64 = 500.0;

/// The `main` of this lab's programs.
pub fn main(checkout: Checkout) -> ExitCode {
    lab_harness::program::main(&program::Lab { checkout })
}
