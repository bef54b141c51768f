//! CPU profiles without root: a timer signal samples the stack about two hundred times in a second of CPU time.
//!
//! Only what runs is seen; a thread that sleeps or waits takes no samples. Functions that were inlined into one another are told
//! apart by the first sample of their common frame, so shares are exact for functions and approximate within one.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lab_flame::{Sampling, Stacks, plain, without_the_runner, write_profile};
use lab_probe::process_cpu_time;
use lab_results::Record;
use pprof::{ProfilerGuard, ProfilerGuardBuilder};

/// Kernels that tick 250 times a second deliver little more; a prime number does not fall into step with periodic work.
const HERTZ: i32 = 199;

/// A running CPU profile of the whole process.
pub struct Profiler {
    guard: ProfilerGuard<'static>,
    started: Instant,
    used_before: Duration,
}

/// Starts to sample. A process has one timer, so one profile at a time.
pub fn start() -> Result<Profiler> {
    let guard = warm_up()
        .and_then(|()| sampler(HERTZ))
        .context("Failed to start sampling; is another CPU profile running in this process?")?;
    Ok(Profiler { guard, started: Instant::now(), used_before: process_cpu_time() })
}

impl Profiler {
    /// Stops, writes `flamegraph.svg`, `stacks.folded` and `profile.pb.gz` into the folder `out`, and says what stood out.
    pub fn finish(self, out: &Path) -> Result<Record> {
        let duration = self.started.elapsed();
        let used = process_cpu_time() - self.used_before;
        let report = self.guard.report().build().context("Failed to resolve the sampled stacks")?;
        drop(self.guard);
        let stacks = fold(&report);
        ensure!(
            stacks.total() > 0,
            "No sample in {:.1} s: the program hardly used the CPU. Give it more time (--seconds 10); if it waits \
             rather than computes, a CPU profile cannot show it: look at its counts, \
             or off the CPU (`cargo lab offcpu NN`)",
            duration.as_secs_f64()
        );
        let sampler = format!("pprof in the process, {HERTZ} times in a second of CPU time");
        let mut record = write_profile(&stacks, &Sampling { sampler, hertz: HERTZ as u32, duration }, out)?;
        if let Record::Profile { cpu_ms, .. } = &mut record {
            *cpu_ms = used.as_secs_f64() * 1e3;
        }
        Ok(record)
    }
}

/// The first sample allocates the unwinder's tables inside the signal handler, and hangs where it interrupts the allocator.
/// So it is taken here, at a known place, by a sampler too slow to tick by itself; its data go away with it.
fn warm_up() -> Result<()> {
    let _slow = sampler(1)?;
    for _ in 0..2 {
        signal_hook::low_level::raise(signal_hook::consts::SIGPROF)?;
    }
    Ok(())
}

fn sampler(hertz: i32) -> Result<ProfilerGuard<'static>> {
    // No blocklist: leaving libc out, as is often advised, loses every sample whose leaf is memmove or malloc.
    Ok(ProfilerGuardBuilder::default().frequency(hertz).build()?)
}

fn fold(report: &pprof::Report) -> Stacks {
    let mut stacks = Stacks::default();
    for (sampled, &count) in &report.data {
        let symbols = sampled.frames.iter().rev().flat_map(|frame| frame.iter().rev());
        let names: Vec<String> = symbols.map(|symbol| plain(&symbol.name())).collect();
        stacks.add(&without_the_runner(&names), count.unsigned_abs() as u64);
    }
    stacks
}
