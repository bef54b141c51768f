//! `make bench-03`: yours.

use lab_03_blocked_runtime::contract::{Bystanders, subject};
use lab_03_blocked_runtime::sign_in::sign_in;

fn main() -> anyhow::Result<()> {
    let bystanders = Bystanders::new(7)?;
    lab_harness::bench::run("fifty cheap tasks beside a sign-in", |group| {
        let yours = subject(sign_in);
        group.bench_function("yours", |bencher| bencher.iter_custom(|n| (0..n).map(|_| bystanders.wait(&yours)).sum()));
    });
    Ok(())
}
