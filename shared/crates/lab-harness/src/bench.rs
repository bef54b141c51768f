//! What a lab's Criterion benches are made of.
//!
//! `cargo bench` measures; `cargo bench -- --test`, `cargo test --benches` and `LAB_SMOKE=1` run every bench once at its
//! smallest size, so that none of them rots. `--profile-time 5` writes a flamegraph for each.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};

use crate::kernel::{Function, Kernel};

use lab_results::gate::counted;

pub use criterion;

/// The benches of one subject, which Criterion reports together.
pub type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// The seed of every bench: figures are compared from run to run, so their inputs must not differ.
const SEED: u64 = 7;

/// The whole `main` of a kernel lab's benches: each function at a few sizes, over the same inputs.
pub fn kernel<K: Kernel>(name: &str, functions: &[(&str, Function<K>)]) {
    run(name, |group| {
        for size in sizes::<K>() {
            let input = K::input(SEED, size);
            group.throughput(Throughput::Elements(K::extent(&input)));
            for &(whose, function) in functions {
                if function(&input) != K::expected(&input) {
                    let size = counted(size as u64, K::UNIT);
                    say(
                        &mut std::io::stderr(),
                        format_args!("{whose}: a wrong answer at {size}; its times say nothing"),
                    );
                }
                group.bench_with_input(
                    BenchmarkId::new(whose, counted(size as u64, K::UNIT)),
                    &input,
                    |bencher, input| {
                        bencher.iter(|| function(black_box(input)));
                    },
                );
            }
        }
    });
}

/// The whole `main` of any other lab's benches, which `add` adds to the group `name`. They keep to their smallest size when
/// [`smoke`] says so.
pub fn run(name: &str, add: impl FnOnce(&mut Group<'_>)) {
    let mut criterion = configured();
    let mut group = criterion.benchmark_group(name);
    // Each sample as long as the others: growing ones would not fit where one call takes tens of milliseconds.
    group.sampling_mode(SamplingMode::Flat);
    add(&mut group);
    group.finish();
    criterion.final_summary();
}

/// Whether benches only have to prove that they run.
pub fn smoke() -> bool {
    // Criterion measures only where cargo says `--bench`; without it the caller is `cargo test`.
    let asked_for = |argument: &str| std::env::args().any(|given| given == argument);
    let is_set = std::env::var_os("LAB_SMOKE").is_some_and(|value| is_true(&value.to_string_lossy()));
    is_set || asked_for("--test") || !asked_for("--bench")
}

/// As `lab` reads the same variable.
fn is_true(value: &str) -> bool {
    !["", "0", "n", "no", "f", "false", "off"].contains(&value.to_lowercase().as_str())
}

/// A small size, the one that is paired with the reference and the one that is timed against the original.
fn sizes<K: Kernel>() -> Vec<usize> {
    let mut sizes = vec![K::COUNTED[0], K::PAIRED, K::TIMED];
    sizes.sort_unstable();
    sizes.dedup();
    sizes.truncate(if smoke() { 1 } else { sizes.len() });
    sizes
}

/// Criterion, asked for less than by default: a lab's faults are factors and not percents, and a learner waits for the answer.
fn configured() -> Criterion {
    let criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .nresamples(10_000)
        // Two runs of the same code, minutes apart, differ by a third where other programs share the machine.
        .noise_threshold(0.3);
    // The command line comes last, because it knows better.
    criterion.with_profiler(Flamegraphs::default()).configure_from_args()
}

/// Writes a flamegraph for each bench that Criterion runs with `--profile-time`.
#[derive(Default)]
struct Flamegraphs {
    running: Option<crate::profile::Profiler>,
}

impl criterion::profiler::Profiler for Flamegraphs {
    fn start_profiling(&mut self, bench: &str, _: &std::path::Path) {
        match crate::profile::start() {
            Ok(profiler) => self.running = Some(profiler),
            Err(error) => say(&mut std::io::stderr(), format_args!("{bench}: {error:#}")),
        }
    }

    fn stop_profiling(&mut self, bench: &str, folder: &std::path::Path) {
        match self.running.take().map(|profiler| profiler.finish(folder)) {
            Some(Ok(lab_results::Record::Profile { svg, samples, .. })) => {
                say(&mut std::io::stdout(), format_args!("{bench}: {samples} samples, flamegraph: {svg}"));
            }
            Some(Err(error)) => say(&mut std::io::stderr(), format_args!("{bench}: {error:#}")),
            _ => {}
        }
    }
}

/// A line beside Criterion's own; nobody may be reading, and a profile is kept all the same.
fn say(out: &mut impl std::io::Write, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(out, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_says_no_is_read_as_lab_reads_it() {
        for (value, expected) in [("", false), ("0", false), ("False", false), ("off", false), ("1", true), ("x", true)]
        {
            assert_eq!(is_true(value), expected, "{value}");
        }
    }
}
