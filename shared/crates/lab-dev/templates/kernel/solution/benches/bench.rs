//! `cargo bench -p solution-{{NN}}-{{slug}}`: yours beside the reference.

use lab_{{NN}}_{{snake}}::report::units_sold as yours;
use solution_{{NN}}_{{snake}}::contract::UnitsSold;
use solution_{{NN}}_{{snake}}::report::units_sold as reference;

fn main() {
    lab_harness::bench::kernel::<UnitsSold>(
        "units_sold",
        &[("yours", |orders| yours(orders)), ("reference", |orders| reference(orders))],
    );
}
