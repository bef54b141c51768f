//! `make bench-07`: yours.

use lab_07_slow_serialization::confirm_orders;
use lab_07_slow_serialization::contract::Confirmations;

fn main() {
    lab_harness::bench::kernel::<Confirmations>("confirm_orders", &[("yours", confirm_orders)]);
}
