//! The work of three labs, before its fix and after it, to be done over one allocator after another: each has a program of its own.
//!
//! `system|jemalloc|mimalloc lab-01|solution-01|lab-06|solution-06|lab-09|solution-09 [--ms M]`

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab_01_string_building::contract::CarrierManifest;
use lab_06_partner_feed::contract::FeedTotals;
use lab_09_memory_leak::contract::Searches;
use lab_harness::emit;
use lab_harness::kernel::{Function, Kernel};
use lab_harness::probe::memory::{peak_rss_bytes, resident_bytes};
use lab_harness::probe::process_cpu_time;
use lab_harness::program::answer;
use lab_harness::results::{Counts, Record};

/// All inputs follow from it.
const SEED: u64 = 7;
/// How long nothing is done before what an allocator still holds is read: it may give back later what it does not give back at once.
const IDLE: Duration = Duration::from_secs(1);

/// The program, over whatever allocator its `main.rs` names.
pub fn main() -> ExitCode {
    answer(|given| {
        let (work, length) = arguments(given)?;
        match work.as_str() {
            "lab-01" => play::<CarrierManifest>(|of| lab_01_string_building::manifest::carrier_manifest(of), length),
            "solution-01" => {
                play::<CarrierManifest>(|of| solution_01_string_building::manifest::carrier_manifest(of), length)
            }
            "lab-06" => play::<FeedTotals>(|of| lab_06_partner_feed::feed::feed_totals(of), length),
            "solution-06" => play::<FeedTotals>(|of| solution_06_partner_feed::feed::feed_totals(of), length),
            "lab-09" => play::<Searches>(lab_09_memory_leak::serve, length),
            "solution-09" => play::<Searches>(solution_09_memory_leak::serve, length),
            other => bail!("there is no work `{other}`"),
        }
    })
}

fn arguments(given: Vec<String>) -> Result<(String, Duration)> {
    use lexopt::prelude::*;

    let mut parser = lexopt::Parser::from_args(given);
    let (mut work, mut length) = (None, Duration::from_secs(2));
    while let Some(argument) = parser.next()? {
        match argument {
            Value(name) if work.is_none() => work = Some(name.string()?),
            Long("ms") => length = Duration::from_millis(parser.value()?.parse()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok((work.context("which work?")?, length))
}

/// Calls the function again and again on one input, of the size at which labs are timed, and says: how many calls there were, their CPU
/// time in seconds, the most memory that the process had, and what it still has of the kernel's once everything was dropped. Both
/// memories are bytes beyond what the process had at its start.
fn play<K: Kernel>(function: Function<K>, length: Duration) -> Result<()> {
    let resident = || resident_bytes().context("the platform has no /proc");
    let at_start = resident()?;
    let input = K::input(SEED, K::TIMED);
    // The first call touches what all later ones find.
    drop(black_box(function(&input)));
    let (began, cpu, mut calls) = (Instant::now(), process_cpu_time(), 0);
    while began.elapsed() < length {
        drop(black_box(function(black_box(&input))));
        calls += 1;
    }
    let cpu = process_cpu_time() - cpu;
    let peak = peak_rss_bytes().context("the platform has no /proc")?;
    drop(input);
    std::thread::sleep(IDLE);
    let left = resident()?;
    let counts = [
        ("calls", f64::from(calls)),
        ("cpu_s", cpu.as_secs_f64()),
        ("peak_bytes", peak.saturating_sub(at_start) as f64),
        ("left_bytes", left.saturating_sub(at_start) as f64),
    ];
    let counts: Counts = counts.map(|(name, value)| (name.to_string(), value)).into();
    emit(&Record::Counts { size: K::TIMED as u64, unit: K::UNIT.into(), counts });
    Ok(())
}
