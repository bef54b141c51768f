//! What `perf script --show-switch-events` prints of threads that leave the CPU and come back: who waited, for what, and how long.

use std::collections::BTreeMap;
use std::io::BufRead;

use anyhow::{Context, Result, ensure};

use crate::frames::{is_ours, plain};
use crate::perf::name_and_object;
use crate::stacks::{Stacks, without_the_runner};

/// What a thread waits for, by the kernel's function that waits; the first that is on the stack decides.
const REASONS: [(&str, &str); 13] = [
    ("futex_wait", "lock, channel or condition (futex)"),
    ("nanosleep", "sleep"),
    ("ep_poll", "sockets or timers (epoll)"),
    ("do_epoll_wait", "sockets or timers (epoll)"),
    ("do_sys_poll", "sockets or pipes"),
    ("do_select", "sockets or pipes"),
    ("sk_wait_data", "sockets or pipes"),
    ("unix_stream", "sockets or pipes"),
    ("pipe_read", "sockets or pipes"),
    ("io_schedule", "disk"),
    ("fsync", "disk"),
    ("jbd2", "disk"),
    ("do_wait", "another process"),
];
const OTHER_REASON: &str = "something else in the kernel";

/// Whoever blocks a thread without work: a pool's worker that waits for its next task.
const POOLS: [&str; 5] = ["flume::", "lab_harness::", "rayon_core::", "std::thread::park", "tokio::runtime::"];
/// Frames that a pool waits through.
const THROUGH: [&str; 7] = ["alloc::", "core::", "mio::", "parking_lot", "std::", "tokio::loom::", "tokio::util::"];

/// Waiting times of a process's threads, in microseconds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OffCpu {
    /// Who waited in the midst of work: under a frame that says for what, the stack that waits.
    pub blocked: Stacks,
    /// Waiting times by what was waited for.
    pub reasons: BTreeMap<&'static str, u64>,
    /// Workers without a task, and threads whose stack names nobody.
    pub idle: u64,
    /// Threads that wanted to run while others had the CPU.
    pub preempted: u64,
}

/// A thread that is off the CPU.
struct Left {
    at: u64,
    /// Innermost first; kernel frames apart.
    kernel: Vec<String>,
    user: Vec<String>,
    wants_to_run: bool,
}

/// Reads what `perf script --show-switch-events -F comm,pid,tid,time,event,ip,sym,dso` prints of `sched:sched_switch`.
///
/// A thread that does not come back until the end counts until the last event. One that neither leaves nor comes back in all the time
/// is not seen.
///
/// # Errors
/// There is no switch in it.
pub fn fold(script: impl BufRead) -> Result<OffCpu> {
    let mut off_cpu = OffCpu::default();
    let mut left: BTreeMap<u64, Left> = BTreeMap::new();
    let (mut last, mut current) = (None, None);
    for line in script.split(b'\n') {
        let line = line.context("Failed to read what `perf script` printed")?;
        let line = String::from_utf8_lossy(&line);
        if line.starts_with([' ', '\t']) {
            if let (Some(left), Some((name, is_kernel))) =
                (current.and_then(|thread| left.get_mut(&thread)), frame(&line))
            {
                let frames = if is_kernel { &mut left.kernel } else { &mut left.user };
                frames.push(plain(name));
            }
            continue;
        }
        current = None;
        let Some((thread, at, event)) = header(&line) else { continue };
        last = Some(at);
        if event.starts_with("sched:sched_switch") {
            left.insert(thread, Left { at, kernel: Vec::new(), user: Vec::new(), wants_to_run: false });
            current = Some(thread);
        } else if event.starts_with("PERF_RECORD_SWITCH OUT") {
            if let Some(left) = left.get_mut(&thread) {
                left.wants_to_run = event.contains("preempt");
            }
        } else if event.starts_with("PERF_RECORD_SWITCH IN")
            && let Some(left) = left.remove(&thread)
        {
            off_cpu.add(&left, at);
        }
    }
    let last = last.context("`perf script` printed no switch: did the program run?")?;
    left.values().for_each(|left| off_cpu.add(left, last));
    let seen = off_cpu.blocked.total() + off_cpu.idle + off_cpu.preempted;
    ensure!(seen > 0, "no thread left the CPU and came back while perf looked");
    Ok(off_cpu)
}

impl OffCpu {
    fn add(&mut self, left: &Left, until: u64) {
        let us = until.saturating_sub(left.at);
        if left.wants_to_run {
            self.preempted += us;
            return;
        }
        let names: Vec<String> = left.user.iter().rev().cloned().collect();
        let stack = without_the_runner(&names);
        let waits = left.user.iter().find(|name| {
            // A C library's functions have no path.
            name.contains("::") && !THROUGH.iter().any(|through| name.starts_with(through))
        });
        let is_pool = waits.is_none_or(|name| POOLS.iter().any(|pool| name.starts_with(pool)));
        if is_pool && (drives_the_runtime(&left.user) || !stack.iter().any(|name| is_ours(name))) {
            self.idle += us;
            return;
        }
        let reason = REASONS.iter().find(|(function, _)| left.kernel.iter().any(|name| name.contains(function)));
        let reason = reason.map_or(OTHER_REASON, |(_, reason)| reason);
        *self.reasons.entry(reason).or_default() += us;
        let root = format!("[{reason}]");
        self.blocked.add(&[&[root.as_str()], stack.as_slice()].concat(), us);
    }
}

/// Whether it is the thread that gave the runtime its outermost future, which stands under `main` of ours and waits for tasks as workers do.
/// Whoever blocks on a future from within a task waits in the midst of work.
fn drives_the_runtime(user: &[String]) -> bool {
    let has = |part: &str| user.iter().any(|name| name.starts_with(part));
    has("tokio::runtime::runtime::Runtime::block_on") && !has("tokio::runtime::task::")
}

/// Thread, time in microseconds and event of a line such as `tokio-rt-worker 18147/18160 39763.943674: sched:sched_switch:`.
fn header(line: &str) -> Option<(u64, u64, &str)> {
    // The process's name may contain anything.
    line.match_indices('/').find_map(|(at, _)| {
        let process = line[..at].rsplit(' ').next()?;
        let (thread, rest) = line[at + 1..].split_once(' ')?;
        let (time, event) = rest.trim_start().split_once(": ")?;
        let (seconds, micros) = time.split_once('.')?;
        process.parse::<u64>().ok()?;
        let at = seconds.parse::<u64>().ok()? * 1_000_000 + micros.parse::<u64>().ok()?;
        Some((thread.parse().ok()?, at, event.trim()))
    })
}

/// A frame's name, and whether it is the kernel's: `    17907 lab_09_tills::take_turns (/tmp/lab_09_tills)`.
fn frame(line: &str) -> Option<(&str, bool)> {
    let (name, object) = name_and_object(line)?;
    (!name.is_empty() && name != "[unknown]")
        .then_some((name, object.starts_with("[kernel") || object.starts_with("[guest")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of perf 6.1: two threads that share a mutex, one that sleeps, shortened to one wait each, and a worker of tokio's.
    const SCRIPT: &str = include_str!("offcpu/switches.txt");

    #[test]
    fn waiting_times_are_told_apart() {
        let off_cpu = fold(SCRIPT.as_bytes()).expect("folds");
        assert_eq!(
            off_cpu.blocked.to_string(),
            "[lock, channel or condition (futex)];lab_09_tills::take_turns;syscall 32402\n\
             [sleep];lab_09_tills::nap;clock_nanosleep@GLIBC_2.2.5 55615\n"
        );
        let reasons = [("lock, channel or condition (futex)", 32_402), ("sleep", 55_615)];
        assert_eq!(off_cpu.reasons, BTreeMap::from(reasons));
        // One thread was preempted for 4,077 us, and a second time for 44,014 until the recording ends.
        assert_eq!((off_cpu.preempted, off_cpu.idle), (4_077 + 44_014, 7_885));
    }

    #[test]
    fn the_thread_that_drives_the_runtime_is_idle_and_one_that_blocks_in_a_task_is_not() {
        let stack = |user: &str| Left {
            at: 0,
            kernel: vec!["futex_wait".into()],
            user: user.split(';').map(String::from).collect(),
            wants_to_run: false,
        };
        let driver = "tokio::runtime::park::Inner::park;tokio::runtime::runtime::Runtime::block_on;lab_02::serve;main";
        let mut off_cpu = OffCpu::default();
        off_cpu.add(&stack(driver), 10);
        assert_eq!((off_cpu.idle, off_cpu.blocked.total()), (10, 0));
        off_cpu.add(&stack(&format!("{};tokio::runtime::task::raw::poll", driver.replace(";main", ""))), 7);
        assert_eq!((off_cpu.idle, off_cpu.blocked.total()), (10, 7));
    }

    #[test]
    fn a_line_of_any_process_is_read() {
        let line = "my prog / 7 1/2  399/405   40436.503996: PERF_RECORD_SWITCH IN         ";
        assert_eq!(header(line), Some((405, 40_436_503_996, "PERF_RECORD_SWITCH IN")));
        assert_eq!(header("nothing/like it"), None);
        assert_eq!(frame("\t  0 [unknown] ([unknown])"), None);
        assert_eq!(frame("  17907 lab_09::nap (/a (b) [c]/lab 09)"), Some(("lab_09::nap", false)));
        assert_eq!(frame("  ffff80 futex_wait ([kernel.kallsyms])"), Some(("futex_wait", true)));
    }

    #[test]
    fn what_is_no_script_is_an_error() {
        assert!(fold(&b""[..]).is_err() && fold(&b"hello\n"[..]).is_err());
    }
}
