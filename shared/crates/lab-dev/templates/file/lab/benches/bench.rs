//! `make bench-{{NN}}`: what it costs to play your file, which says nothing about the file.

use std::hint::black_box;

use lab_{{NN}}_{{snake}}::TEXT;
use lab_{{NN}}_{{snake}}::contract::{day, read};

fn main() {
    lab_harness::bench::run("a day", |group| {
        group.bench_function("yours", |bencher| {
            bencher.iter(|| read(black_box(TEXT)).map(|autoscaler| day(&autoscaler, 7)));
        });
    });
}
