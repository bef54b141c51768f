//! Lab {{NN}}: {{slug}}. The learner edits `autoscaler.json`.

use std::process::ExitCode;

pub mod contract;

/// The file's text.
pub const TEXT: &str = include_str!("autoscaler.json");

/// The program.
pub fn main() -> ExitCode {
    contract::main(TEXT)
}
