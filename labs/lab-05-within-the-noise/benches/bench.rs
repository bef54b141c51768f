//! `make bench-05`: main and each change, at a small size, at that of the pull requests, and at the largest.

use std::hint::black_box;

use lab_05_within_the_noise::confirmation::{CHANGES, Confirmation, on_main};
use lab_05_within_the_noise::contract::{LINES, MOST_LINES, order};
use lab_harness::bench::criterion::BenchmarkId;
use lab_harness::bench::smoke;

fn main() {
    lab_harness::bench::run("confirmation", |group| {
        let sizes = [5, LINES, MOST_LINES];
        for lines in &sizes[..if smoke() { 1 } else { sizes.len() }] {
            let order = order(*lines);
            let on_main = ("main".to_string(), on_main::confirmation as Confirmation);
            let changes = CHANGES.into_iter().map(|(number, change)| (number.to_string(), change));
            for (name, confirmation) in std::iter::once(on_main).chain(changes) {
                let id = BenchmarkId::new(name, format!("{lines} lines"));
                group.bench_with_input(id, &order, |bencher, order| bencher.iter(|| confirmation(black_box(order))));
            }
        }
    });
}
