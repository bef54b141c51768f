//! `make bench-{{NN}}`: yours.

use lab_{{NN}}_{{snake}}::PART;
use lab_{{NN}}_{{snake}}::contract::{PriceList, basket};
use lab_harness::service::{WORKERS, runtime};

fn main() -> anyhow::Result<()> {
    let runtime = runtime(WORKERS)?;
    let (prices, basket) = (runtime.block_on(async { PriceList::open(7) }), basket(7, 1, 50));
    lab_harness::bench::run("a basket of 50 articles", |group| {
        group.bench_function("yours", |bencher| {
            bencher.iter(|| runtime.block_on(PART(prices.clone(), basket.clone())));
        });
    });
    Ok(())
}
