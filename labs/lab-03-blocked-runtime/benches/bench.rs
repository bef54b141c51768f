//! `make bench-03`: yours.

use lab_03_blocked_runtime::PART;
use lab_03_blocked_runtime::contract::{Bystanders, one_signs_in};

fn main() -> anyhow::Result<()> {
    let (bystanders, signs_in) = (Bystanders::new()?, one_signs_in(7));
    lab_harness::bench::run("fifty cheap tasks beside a sign-in", |group| {
        group.bench_function("yours", |bencher| {
            bencher.iter_custom(|n| (0..n).map(|_| bystanders.wait(signs_in(PART))).sum());
        });
    });
    Ok(())
}
