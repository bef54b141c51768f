//! Lab {{NN}}: {{slug}}. The learner edits `reserve.rs`.

use std::process::ExitCode;

pub mod contract;
pub mod reserve;

/// The part that the lab is about.
pub const PART: contract::Reserve = |stock, order| Box::pin(reserve::reserve(stock, order));

/// The program.
pub fn main() -> ExitCode {
    contract::main(PART)
}
