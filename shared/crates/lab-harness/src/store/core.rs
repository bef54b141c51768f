//! All threads of this process on one core.
//!
//! A call hops between the caller's thread and the connection's. Whether the two share a core is the scheduler's whim, a process keeps
//! to what it was dealt, and the one costs more than twice the other: two runs of one program would differ by that, and by nothing else.

use anyhow::{Context, Result};

/// Moves all threads to the last core that this process may use, the same one for every process of a comparison; threads yet to
/// come follow the one that starts them. Elsewhere than on Linux threads stay where they are.
#[cfg(target_os = "linux")]
pub(super) fn stay_on_one() -> Result<()> {
    use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

    let allowed = sched_getaffinity(None).context("Failed to ask which cores may be used")?;
    let last = (0..CpuSet::MAX_CPU).rev().find(|&core| allowed.is_set(core)).context("no core may be used")?;
    let mut one = CpuSet::new();
    one.set(last);
    for thread in std::fs::read_dir("/proc/self/task").context("Failed to list this process's threads")? {
        let thread = thread?.file_name().to_str().and_then(|number| Pid::from_raw(number.parse().ok()?));
        match sched_setaffinity(thread, &one) {
            // It has ended meanwhile.
            Err(rustix::io::Errno::SRCH) => {}
            moved => moved.context("Failed to keep to one core")?,
        }
    }
    Ok(())
}

/// Does nothing here.
#[cfg(not(target_os = "linux"))]
pub(super) fn stay_on_one() -> Result<()> {
    Ok(())
}
