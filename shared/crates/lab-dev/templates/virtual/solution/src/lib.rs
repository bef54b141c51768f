//! Lab {{NN}} solved.

use std::process::ExitCode;

pub use lab_{{NN}}_{{snake}}::contract;
pub mod reserve;

/// The solved part.
pub const PART: contract::Reserve = |stock, order| Box::pin(reserve::reserve(stock, order));

/// The program.
pub fn main() -> ExitCode {
    contract::main(PART)
}
