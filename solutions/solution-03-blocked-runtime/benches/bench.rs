//! `cargo bench -p solution-03-blocked-runtime`: yours beside the reference.

use lab_03_blocked_runtime::PART as YOURS;
use solution_03_blocked_runtime::PART as REFERENCE;
use solution_03_blocked_runtime::contract::{Bystanders, one_signs_in};

fn main() -> anyhow::Result<()> {
    let (bystanders, signs_in) = (Bystanders::new()?, one_signs_in(7));
    lab_harness::bench::run("fifty cheap tasks beside a sign-in", |group| {
        for (whose, part) in [("yours", YOURS), ("reference", REFERENCE)] {
            group.bench_function(whose, |bencher| {
                bencher.iter_custom(|n| (0..n).map(|_| bystanders.wait(signs_in(part))).sum());
            });
        }
    });
    Ok(())
}
