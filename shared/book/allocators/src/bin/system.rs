//! The C library's allocator, which is Rust's own choice: glibc's on most Linux machines.

use std::alloc::System;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: System = System;

fn main() -> ExitCode {
    allocators::main()
}
