//! Lab 07's program; `lab` runs it.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    lab_07_slow_serialization::main()
}
