//! `cargo bench -p solution-{{NN}}-{{slug}}`: yours beside the reference.

use lab_{{NN}}_{{snake}}::PART as YOURS;
use lab_harness::service::{WORKERS, runtime};
use solution_{{NN}}_{{snake}}::PART as REFERENCE;
use solution_{{NN}}_{{snake}}::contract::{PriceList, basket};

fn main() -> anyhow::Result<()> {
    let runtime = runtime(WORKERS)?;
    let (prices, basket) = (runtime.block_on(async { PriceList::open(7) }), basket(7, 1, 50));
    lab_harness::bench::run("a basket of 50 articles", |group| {
        for (whose, part) in [("yours", YOURS), ("reference", REFERENCE)] {
            group.bench_function(whose, |bencher| {
                bencher.iter(|| runtime.block_on(part(prices.clone(), basket.clone())));
            });
        }
    });
    Ok(())
}
