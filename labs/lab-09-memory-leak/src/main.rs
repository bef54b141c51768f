//! Lab 09's program; `lab` runs it.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    lab_09_memory_leak::main()
}
