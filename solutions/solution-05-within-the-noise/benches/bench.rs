//! `cargo bench -p solution-05-within-the-noise`: main, and what is merged.

use std::hint::black_box;

use lab_05_within_the_noise::confirmation::{Confirmation, on_main, pr_234};
use lab_harness::bench::criterion::BenchmarkId;
use solution_05_within_the_noise::contract::{LINES, order};

fn main() {
    lab_harness::bench::run("confirmation", |group| {
        let both: [(&str, Confirmation); 2] = [("main", on_main::confirmation), ("234", pr_234::confirmation)];
        for (name, confirmation) in both {
            let id = BenchmarkId::new(name, format!("{LINES} lines"));
            group.bench_with_input(id, &order(LINES), |bencher, order| bencher.iter(|| confirmation(black_box(order))));
        }
    });
}
