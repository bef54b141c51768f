//! `cargo bench -p solution-{{NN}}-{{slug}}`: yours beside the reference.

use lab_{{NN}}_{{snake}}::PART as YOURS;
use lab_harness::virtual_time::{Arrive, play};
use solution_{{NN}}_{{snake}}::PART as REFERENCE;
use solution_{{NN}}_{{snake}}::contract::LAB;

fn main() {
    lab_harness::bench::run("1,000 reservations", |group| {
        for (whose, part) in [("yours", YOURS), ("reference", REFERENCE)] {
            group.bench_function(whose, |bencher| {
                bencher.iter(|| play(&LAB, part, "the bench", Arrive::AtRandom, 7, 1_000).map(drop));
            });
        }
    });
}
