//! `make bench-09`: yours.

use lab_09_memory_leak::contract::Searches;
use lab_09_memory_leak::serve;

fn main() {
    lab_harness::bench::kernel::<Searches>("serve", &[("yours", serve)]);
}
