//! `make bench-{{NN}}`: yours.

use lab_{{NN}}_{{snake}}::contract::UnitsSold;
use lab_{{NN}}_{{snake}}::report::units_sold;

fn main() {
    lab_harness::bench::kernel::<UnitsSold>("units_sold", &[("yours", |orders| units_sold(orders))]);
}
