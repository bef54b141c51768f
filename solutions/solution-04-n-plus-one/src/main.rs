//! Lab 04's solved program; `lab` runs it. It compares itself with other ways to the same page.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    solution_04_n_plus_one::main()
}
