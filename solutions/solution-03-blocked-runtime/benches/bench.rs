//! `cargo bench -p solution-03-blocked-runtime`: yours beside the reference.

use lab_03_blocked_runtime::sign_in::sign_in as yours;
use solution_03_blocked_runtime::contract::{Bystanders, subject};
use solution_03_blocked_runtime::sign_in::sign_in as reference;

fn main() -> anyhow::Result<()> {
    let bystanders = Bystanders::new(7)?;
    lab_harness::bench::run("fifty cheap tasks beside a sign-in", |group| {
        for (whose, sign_in) in [("yours", subject(yours)), ("reference", subject(reference))] {
            group.bench_function(whose, |bencher| {
                bencher.iter_custom(|n| (0..n).map(|_| bystanders.wait(&sign_in)).sum());
            });
        }
    });
    Ok(())
}
