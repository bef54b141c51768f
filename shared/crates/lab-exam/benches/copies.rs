//! The same work under Criterion, for the comparison in the book: `LAB_EXAM=CLASS:COPY:PERCENT cargo bench -p lab-exam`.

use std::hint::black_box;

use criterion::Criterion;
use lab_exam::{Class, Data};
use lab_harness::pairing::INPUTS;

fn main() {
    let wanted = std::env::var("LAB_EXAM").unwrap_or_else(|_| "gather:0:0".into());
    let parts: Vec<&str> = wanted.split(':').collect();
    let [class, copy, percent] = parts[..] else { panic!("LAB_EXAM is CLASS:COPY:PERCENT, not {wanted}") };
    let (name, class) = Class::ALL.into_iter().find(|(name, _)| *name == class).expect("one of the seven classes");
    let work = class.copies()[copy.parse::<usize>().expect("the number of a copy")];
    let more = 1.0 + percent.parse::<f64>().expect("a percentage") / 100.0;
    let amount = (class.amount() as f64 * more).round() as usize;
    let mut data = Data::new(class, INPUTS, amount, 7);
    let mut input = 0;
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| {
            input = (input + 1) % INPUTS;
            work(&mut data, black_box(amount), input)
        });
    });
    criterion.final_summary();
}
