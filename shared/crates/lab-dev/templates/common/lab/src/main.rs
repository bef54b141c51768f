//! Lab {{NN}}'s program; `lab` runs it.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    lab_{{NN}}_{{snake}}::main()
}
