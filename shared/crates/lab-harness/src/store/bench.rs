//! A store lab's Criterion benches.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use criterion::{BenchmarkId, Throughput};

use super::opened::Opened;
use super::{Named, Store};
use crate::bench::smoke;
use crate::database::{HOLD_DATABASE, hold_database};
use crate::program::Run;

/// The whole `main` of a store lab's benches. A bench program is its own janitor, as every program is.
pub fn bench<S: Store>(name: &str, functions: &[Named<S>]) -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(HOLD_DATABASE) {
        return hold_database();
    }
    match bench_all::<S>(name, functions) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The exit code speaks where nobody reads.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench_all<S: Store>(name: &str, functions: &[Named<S>]) -> Result<()> {
    let smoke = smoke();
    let run = Run { seed: 7, smoke, subject: None, port: 0, out: std::env::temp_dir(), seconds: 0.0 };
    let (opened, _) = Opened::filled::<S>(&run)?;
    let sizes = if smoke { &S::TIMED[..1] } else { S::TIMED };
    crate::bench::run(name, |group| {
        for &size in sizes {
            group.throughput(Throughput::Elements(size as u64));
            for &(whose, function) in functions {
                group.bench_function(BenchmarkId::new(whose, size), |bencher| {
                    // Criterion's closures return nothing; an answer that fails has no time.
                    bencher.iter(|| opened.call::<S>(function, S::input(size)).expect("the database answers"));
                });
            }
        }
    });
    Ok(())
}
