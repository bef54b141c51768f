//! Lab {{NN}}'s program; `lab` runs it.

use std::process::ExitCode;

use lab_{{NN}}_{{snake}}::contract::UnitsSold;
use lab_{{NN}}_{{snake}}::report::units_sold;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    lab_harness::kernel::main::<UnitsSold>(|orders| units_sold(orders))
}
