//! Lab 09's solved program; `lab` runs it.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    solution_09_memory_leak::main()
}
