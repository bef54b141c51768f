//! `make bench-03`: yours.

use lab_03_blocked_runtime::PART;
use lab_03_blocked_runtime::contract::Bystanders;

fn main() -> anyhow::Result<()> {
    let bystanders = Bystanders::new(7)?;
    lab_harness::bench::run("fifty cheap tasks beside a sign-in", |group| {
        group.bench_function("yours", |bencher| bencher.iter_custom(|n| (0..n).map(|_| bystanders.wait(PART)).sum()));
    });
    Ok(())
}
