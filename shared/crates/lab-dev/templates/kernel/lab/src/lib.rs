//! Lab {{NN}}: {{slug}}. The learner edits `report.rs`.

use std::process::ExitCode;

pub mod contract;
pub mod report;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::kernel::main::<contract::UnitsSold>(|orders| report::units_sold(orders))
}
