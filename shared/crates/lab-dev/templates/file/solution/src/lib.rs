//! Lab {{NN}} solved.

use std::process::ExitCode;

pub use lab_{{NN}}_{{snake}}::contract;

/// The solved file's text.
pub const TEXT: &str = include_str!("autoscaler.json");

/// The program.
pub fn main() -> ExitCode {
    contract::main(TEXT)
}
