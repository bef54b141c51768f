//! Lab 05's program; `lab` runs it.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    lab_05_within_the_noise::main()
}
