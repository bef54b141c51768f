//! Lab 03's program; `lab` runs it.

use std::process::ExitCode;

use lab_03_blocked_runtime::contract;
use lab_03_blocked_runtime::sign_in::sign_in;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    contract::main(sign_in)
}
