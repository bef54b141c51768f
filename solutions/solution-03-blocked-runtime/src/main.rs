//! Lab 03's solved program; `lab` runs it.

use std::process::ExitCode;

use solution_03_blocked_runtime::contract;
use solution_03_blocked_runtime::sign_in::sign_in;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    contract::main(sign_in)
}
