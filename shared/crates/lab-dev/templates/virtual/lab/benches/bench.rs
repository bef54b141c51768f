//! `make bench-{{NN}}`: what the machine needs to play yours, which is another matter than the virtual time that passes.

use lab_{{NN}}_{{snake}}::PART;
use lab_{{NN}}_{{snake}}::contract::LAB;
use lab_harness::virtual_time::{Arrive, play};

fn main() {
    lab_harness::bench::run("1,000 reservations", |group| {
        group.bench_function("yours", |bencher| {
            bencher.iter(|| play(&LAB, PART, "the bench", Arrive::AtRandom, 7, 1_000).map(drop));
        });
    });
}
