//! `make bench-05`: main, main again and each change, at the size of the pull requests and at the largest.

use std::hint::black_box;

use lab_05_within_the_noise::confirmation::{CHANGES, Confirmation, on_main};
use lab_05_within_the_noise::contract::{LINES, MOST_LINES, order};
use lab_harness::bench::criterion::BenchmarkId;
use lab_harness::bench::smoke;

fn main() {
    lab_harness::bench::run("confirmation", |group| {
        let sizes = [LINES, MOST_LINES];
        for lines in &sizes[..if smoke() { 1 } else { sizes.len() }] {
            let order = order(*lines);
            let on_main = ["main", "main again"].map(|name| (name.to_string(), on_main::confirmation as Confirmation));
            let changes = CHANGES.map(|(number, change)| (number.to_string(), change));
            for (name, confirmation) in on_main.into_iter().chain(changes) {
                let id = BenchmarkId::new(name, format!("{lines} lines"));
                group.bench_with_input(id, &order, |bencher, order| bencher.iter(|| confirmation(black_box(order))));
            }
        }
    });
}
