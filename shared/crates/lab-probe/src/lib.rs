//! What runs inside a measured process. Counts here are exact; clocks here are the process's own CPU time.

pub mod allocations;
#[cfg(feature = "files")]
pub mod files;
pub mod json;
pub mod memory;
pub mod polls;
#[cfg(feature = "statements")]
pub mod statements;

use std::time::Duration;

/// CPU time that the calling thread has used. Unlike wall time it does not grow while the thread is preempted.
pub fn thread_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// CPU time that all threads of this process have used, and the child processes that it has waited for: work that is handed on is
/// work.
pub fn process_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32) + children_cpu_time()
}

#[allow(unsafe_code, reason = "no safe binding of getrusage is in the graph of a lab")]
fn children_cpu_time() -> Duration {
    // SAFETY: all of its fields are numbers, for which zeros are a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a whole `rusage` that nobody else has. It cannot fail with these arguments, and would leave zeros.
    unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) };
    [usage.ru_utime, usage.ru_stime]
        .map(|time| Duration::new(time.tv_sec.unsigned_abs(), 1_000 * time.tv_usec.unsigned_abs() as u32))
        .into_iter()
        .sum()
}
