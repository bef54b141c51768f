//! `cargo bench -p solution-{{NN}}-{{slug}}`: yours beside the reference.

use std::hint::black_box;

use lab_{{NN}}_{{snake}}::TEXT as YOURS;
use solution_{{NN}}_{{snake}}::TEXT as REFERENCE;
use solution_{{NN}}_{{snake}}::contract::{day, read};

fn main() {
    lab_harness::bench::run("a day", |group| {
        for (whose, text) in [("yours", YOURS), ("reference", REFERENCE)] {
            group.bench_function(whose, |bencher| {
                bencher.iter(|| read(black_box(text)).map(|autoscaler| day(&autoscaler, 7)));
            });
        }
    });
}
