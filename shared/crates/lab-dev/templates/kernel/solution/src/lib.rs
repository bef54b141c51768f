//! Lab {{NN}} solved.

use std::process::ExitCode;

pub use lab_{{NN}}_{{snake}}::contract;
pub mod report;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::kernel::main::<contract::UnitsSold>(|orders| report::units_sold(orders))
}
