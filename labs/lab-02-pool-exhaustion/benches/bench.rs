//! `make bench-02`: yours.

use lab_02_pool_exhaustion::checkout::{cancel, pay};
use lab_02_pool_exhaustion::contract::{Checkout, Till};
use lab_harness::bench::criterion::BatchSize;

const YOURS: Checkout = Checkout {
    pay: |pool, gateway, reference| Box::pin(pay(pool, gateway, reference)),
    cancel: |pool, reference| Box::pin(cancel(pool, reference)),
};

fn main() {
    let till = Till::open().expect("the bench has a database and a gateway");
    lab_harness::bench::run("twenty_payments_over_four_connections", |group| {
        group.bench_function("yours", |bencher| {
            bencher.iter_batched(|| till.reset(), |()| till.pay_all(YOURS), BatchSize::PerIteration);
        });
    });
}
