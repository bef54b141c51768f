//! `cargo bench -p solution-02-pool-exhaustion`: yours beside the reference.

use lab_02_pool_exhaustion::checkout as yours;
use lab_harness::bench::criterion::BatchSize;
use solution_02_pool_exhaustion::checkout as reference;
use solution_02_pool_exhaustion::contract::{Checkout, Till};

const YOURS: Checkout = Checkout {
    pay: |pool, gateway, order| Box::pin(yours::pay(pool, gateway, order)),
    cancel: |pool, order| Box::pin(yours::cancel(pool, order)),
};
const REFERENCE: Checkout = Checkout {
    pay: |pool, gateway, order| Box::pin(reference::pay(pool, gateway, order)),
    cancel: |pool, order| Box::pin(reference::cancel(pool, order)),
};

fn main() {
    let till = Till::open().expect("the bench has a database and a gateway");
    lab_harness::bench::run("twenty_payments_over_four_connections", |group| {
        for (whose, checkout) in [("yours", YOURS), ("reference", REFERENCE)] {
            group.bench_function(whose, |bencher| {
                bencher.iter_batched(|| till.reset(), |()| till.pay_all(checkout), BatchSize::PerIteration);
            });
        }
    });
}
