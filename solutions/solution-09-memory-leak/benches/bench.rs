//! `cargo bench -p solution-09-memory-leak`: yours beside the reference.

use lab_09_memory_leak::serve as yours;
use solution_09_memory_leak::contract::Searches;
use solution_09_memory_leak::serve as reference;

fn main() {
    lab_harness::bench::kernel::<Searches>("serve", &[("yours", yours), ("reference", reference)]);
}
