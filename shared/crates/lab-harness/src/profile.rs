//! CPU profiles without root: a timer signal samples the stack about two hundred times in a second of CPU time.
//!
//! Only what runs is seen; a thread that sleeps or waits takes no samples. Functions that were inlined into one another are told
//! apart by the first sample of their common frame, so shares are exact for functions and approximate within one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use lab_results::Record;
use pprof::{ProfilerGuard, ProfilerGuardBuilder};

use crate::frames::{is_ours, plain};

/// Kernels that tick 250 times a second deliver little more; a prime number does not fall into step with periodic work.
const HERTZ: i32 = 199;
/// How many frames are named, and how many of them at most for what was called rather than for where the samples end.
const TOP: usize = 10;
const TOP_CALLED: usize = 6;
/// Frames below this share of the samples say nothing.
const SMALLEST_SHARE: f64 = 0.02;

/// Frames that run a lab rather than being one.
const RUNNERS: [&str; 6] = [
    "criterion::",
    "lab_harness::bench",
    "lab_harness::kernel",
    "lab_harness::profile",
    "lab_harness::program",
    "lab_harness::store",
];
/// Frames between a thread's start and its task.
const LEADING_TO_TASKS: [&str; 4] = ["alloc::", "core::", "std::", "tokio::"];
/// Frames that only hand a call on.
const ADAPTERS: [&str; 3] = ["core::iter::adapters::", "core::ops::function::", "core::slice::iter::"];

/// A running CPU profile of the whole process.
pub struct Profiler {
    guard: ProfilerGuard<'static>,
    started: Instant,
}

/// Starts to sample. A process has one timer, so one profile at a time.
pub fn start() -> Result<Profiler> {
    let guard = warm_up()
        .and_then(|()| sampler(HERTZ))
        .context("Failed to start sampling; is another CPU profile running in this process?")?;
    Ok(Profiler { guard, started: Instant::now() })
}

impl Profiler {
    /// Stops, writes `flamegraph.svg` and `stacks.folded` into the folder `out`, and says what stood out.
    pub fn finish(self, out: &Path) -> Result<Record> {
        let seconds = self.started.elapsed().as_secs_f64();
        let report = self.guard.report().build().context("Failed to resolve the sampled stacks")?;
        drop(self.guard);
        let stacks = fold(&report);
        let samples: u64 = stacks.values().sum();
        ensure!(
            samples > 0,
            "No sample in {seconds:.1} s: the program hardly used the CPU. Give it more time (--seconds 10); if it waits \
             rather than computes, a CPU profile cannot show it: look at its counts instead"
        );
        let (svg, folded) = write(&stacks, out)?;
        Ok(Record::Profile { svg, folded, samples, top: top(&stacks, samples) })
    }
}

/// Stacks as `outermost;...;innermost`, and how many samples each has.
type Stacks = BTreeMap<String, u64>;

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
    let mut stacks = Stacks::new();
    for (sampled, &count) in &report.data {
        let symbols = sampled.frames.iter().rev().flat_map(|frame| frame.iter().rev());
        let names: Vec<String> = symbols.map(|symbol| plain(&symbol.name())).collect();
        *stacks.entry(without_the_runner(&names).join(";")).or_default() += count.unsigned_abs() as u64;
    }
    stacks
}

/// What is left of a stack below `main`, the harness, Criterion and tokio's scheduler, and without the adapters between an iterator's caller and
/// its closures. Nothing else is left out, and never the frame that was running.
fn without_the_runner(names: &[String]) -> Vec<&str> {
    let runner = |name: &String| {
        name.ends_with("__rust_begin_short_backtrace") || RUNNERS.iter().any(|runner| name.starts_with(runner))
    };
    let mut first = names.iter().rposition(runner).map_or(0, |at| at + 1);
    // A task stands on some twenty frames of tokio's scheduler. They go where something else follows; tokio's own work stays.
    let leads_to_a_task = |name: &&String| LEADING_TO_TASKS.iter().any(|leading| name.starts_with(leading));
    let leading = names[first..].iter().take_while(leads_to_a_task).count();
    if first + leading < names.len() {
        let scheduler = names[first..first + leading].iter().rposition(|name| name.starts_with("tokio::runtime::"));
        first += scheduler.map_or(0, |at| at + 1);
    }
    let Some((running, callers)) = names[first..].split_last() else { return vec!["[runner]"] };
    let adapter = |name: &str| ADAPTERS.iter().any(|adapter| name.starts_with(adapter));
    callers.iter().map(String::as_str).filter(|name| !adapter(name)).chain([running.as_str()]).collect()
}

fn write(stacks: &Stacks, out: &Path) -> Result<(String, String)> {
    fs::create_dir_all(out).with_context(|| format!("Failed to create {}", out.display()))?;
    let lines: Vec<String> = stacks.iter().map(|(stack, count)| format!("{stack} {count}")).collect();
    let folded = out.join("stacks.folded");
    fs::write(&folded, lines.join("\n") + "\n").with_context(|| format!("Failed to write {}", folded.display()))?;
    let svg = out.join("flamegraph.svg");
    let file = fs::File::create(&svg).with_context(|| format!("Failed to write {}", svg.display()))?;
    let mut options = inferno::flamegraph::Options::default();
    options.title = "CPU time: the wider, the more of it".into();
    options.deterministic = true;
    inferno::flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), std::io::BufWriter::new(file))
        .with_context(|| format!("Failed to draw {}", svg.display()))?;
    Ok((svg.display().to_string(), folded.display().to_string()))
}

/// The frames that tell the story, each with the share of samples in which it occurs: our functions and what they call directly,
/// and where the samples end. Which frames these are is decided by the samples in which they play that part.
fn top(stacks: &Stacks, samples: u64) -> Vec<(String, f64)> {
    let (mut called, mut ends, mut occurrences) = (Counted::new(), Counted::new(), Counted::new());
    for (stack, &count) in stacks {
        let frames: Vec<&str> = stack.split(';').collect();
        let of_ours = frames.iter().rposition(|frame| is_ours(frame));
        let callee = of_ours.and_then(|at| frames.get(at + 1));
        // A function that calls itself still occurs once in a sample.
        add(&mut called, frames.iter().filter(|frame| is_ours(frame)).chain(callee), count);
        add(&mut ends, frames.last(), count);
        add(&mut occurrences, &frames, count);
    }
    let mut top = most(&called, TOP_CALLED, samples);
    ends.retain(|frame, _| !top.contains(frame));
    top.extend(most(&ends, TOP - top.len(), samples));
    let share = |frame: &str| occurrences[frame] as f64 / samples as f64;
    let mut top: Vec<(String, f64)> = top.into_iter().map(|frame| (frame.to_string(), share(frame))).collect();
    top.sort_by(|a, b| b.1.total_cmp(&a.1));
    top
}

/// Samples by frame.
type Counted<'a> = BTreeMap<&'a str, u64>;

fn add<'a: 'b, 'b>(counted: &mut Counted<'a>, frames: impl IntoIterator<Item = &'b &'a str>, count: u64) {
    for frame in BTreeSet::from_iter(frames) {
        *counted.entry(frame).or_default() += count;
    }
}

fn most<'a>(counted: &Counted<'a>, at_most: usize, samples: u64) -> Vec<&'a str> {
    let mut frames: Vec<_> =
        counted.iter().filter(|&(_, &count)| count as f64 >= SMALLEST_SHARE * samples as f64).collect();
    // Stable, so that equal ones stay in the order of their names.
    frames.sort_by_key(|&(_, &count)| std::cmp::Reverse(count));
    frames.into_iter().take(at_most).map(|(frame, _)| *frame).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(frames: &str) -> Vec<String> {
        frames.split(';').map(String::from).collect()
    }

    #[test]
    fn a_stack_begins_below_the_runner() {
        let names = stack(
            "_start;std::sys::backtrace::__rust_begin_short_backtrace;lab_01::main;lab_harness::kernel::KernelProgram::work;\
             lab_01::manifest;core::iter::adapters::map::Map::fold;core::ops::function::impls::call_mut;memcpy",
        );
        assert_eq!(without_the_runner(&names), ["lab_01::manifest", "memcpy"]);
        let names = stack(
            "x::__rust_begin_short_backtrace;tokio::runtime::task::poll;core::pin::poll;lab_03::quotes::price;tokio::time::sleep",
        );
        assert_eq!(without_the_runner(&names), ["core::pin::poll", "lab_03::quotes::price", "tokio::time::sleep"]);
        assert_eq!(without_the_runner(&stack("main;lab_harness::program::dispatch")), ["[runner]"]);
        assert_eq!(without_the_runner(&stack("std::x;tokio::runtime::park")), ["std::x", "tokio::runtime::park"]);
        assert_eq!(
            without_the_runner(&stack("f;core::iter::adapters::map::Map::next")),
            stack("f;core::iter::adapters::map::Map::next")
        );
    }

    #[test]
    fn top_names_ours_what_they_call_and_where_samples_end() {
        let stacks = Stacks::from([
            ("lab_01::f;lab_01::f;alloc::fmt::format;core::fmt::write;memcpy".into(), 90),
            ("lab_01::f;orderflow::total".into(), 7),
            ("lab_01::f;alloc::fmt::format;core::fmt::write;core::fmt::rare".into(), 2),
            // On nearly every stack, but hardly ever what runs.
            ("lab_01::f;alloc::fmt::format;core::fmt::write".into(), 1),
        ]);
        let top = top(&stacks, 100);
        let expected = [
            ("lab_01::f", 1.0),
            ("alloc::fmt::format", 0.93),
            ("memcpy", 0.9),
            ("orderflow::total", 0.07),
            ("core::fmt::rare", 0.02),
        ];
        assert_eq!(top, expected.map(|(frame, share)| (frame.to_string(), share)));
    }
}
