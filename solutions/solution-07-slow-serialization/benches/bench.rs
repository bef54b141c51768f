//! `cargo bench -p solution-07-slow-serialization`: yours beside the reference.

use lab_07_slow_serialization::confirm_orders as yours;
use solution_07_slow_serialization::confirm_orders as reference;
use solution_07_slow_serialization::contract::Confirmations;

fn main() {
    lab_harness::bench::kernel::<Confirmations>("confirm_orders", &[("yours", yours), ("reference", reference)]);
}
