//! jemalloc, as its crate builds it, with its profiler compiled in and not at work.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    allocators::main()
}
