//! What runs inside a measured process. Counts here are exact; clocks here are the process's own CPU time.

pub mod allocations;
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

/// CPU time that all threads of this process have used.
pub fn process_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
