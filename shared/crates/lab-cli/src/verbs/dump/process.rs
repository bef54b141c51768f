//! A program that is running: whether we may look at it, how large its core can get, and whether it goes on afterwards.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, geteuid, getpid, kill_process};

use lab_core::error::Usage;

/// How long a program may need to show that it goes on.
const PATIENCE: Duration = Duration::from_secs(2);

/// What comes on top of a program's memory: registers of each thread, names, the table of what is where.
const NOTES: u64 = 1 << 20;

/// A process of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    was_stopped: bool,
}

impl Process {
    /// One of the reader's own that no other debugger looks at.
    pub fn of_yours(pid: i32) -> Result<Process> {
        let wrong = |message: String| anyhow::Error::new(Usage(message));
        let Ok(folder) = std::fs::metadata(format!("/proc/{pid}")) else {
            return Err(wrong(format!("no process has the number {pid}; `pgrep -af lab-` shows those of the labs")));
        };
        if Pid::from_raw(pid) == Some(getpid()) {
            return Err(wrong(format!("{pid} is this very `lab`: name the program that it is to look at")));
        }
        let (owner, us) = (folder.uid(), geteuid());
        if owner != us.as_raw() && !us.is_root() {
            return Err(wrong(format!("process {pid} is another user's (number {owner}): name one of yours")));
        }
        if std::fs::read_link(format!("/proc/{pid}/exe")).is_err() {
            return Err(wrong(format!("process {pid} runs no program: it has ended, or is the system's own")));
        }
        let process = Process { pid, was_stopped: false };
        match process.status("TracerPid:").as_deref() {
            None | Some("0") => Ok(Process { was_stopped: process.is_stopped(), ..process }),
            Some(tracer) => bail!("process {tracer} is already debugging {pid}; only one can: end that one first"),
        }
    }

    /// Its number, if it was not stopped when we came.
    pub fn that_runs(&self) -> Option<i32> {
        (!self.was_stopped).then_some(self.pid)
    }

    /// Its program, also when the file was replaced since.
    pub fn program(&self) -> PathBuf {
        format!("/proc/{}/exe", self.pid).into()
    }

    /// Where its program was when it was started.
    pub fn program_path(&self) -> Result<PathBuf> {
        let path = std::fs::read_link(self.program()).with_context(|| format!("Process {} has ended", self.pid))?;
        Ok(path.to_string_lossy().trim_end_matches(" (deleted)").into())
    }

    /// The most bytes that its core can take as it is now.
    pub fn core_bytes(&self) -> Result<u64> {
        let smaps = std::fs::read_to_string(format!("/proc/{}/smaps", self.pid));
        Ok(core_bytes(&smaps.with_context(|| refused(self.pid))?))
    }

    /// Waits until it does something again, and says so. One that did nothing before has nothing to go on with.
    pub fn goes_on(&self, is_busy: bool) -> Result<String> {
        let before = self.cpu_ns();
        let since = Instant::now();
        loop {
            if self.cpu_ns().is_none() {
                bail!("process {} has ended while it was looked at", self.pid);
            }
            if self.is_stopped() && !self.was_stopped {
                self.wake();
            }
            let worked = self.cpu_ns() > before;
            if worked && !self.is_stopped() {
                return Ok(format!("process {} goes on", self.pid));
            }
            if since.elapsed() > PATIENCE {
                return match (self.was_stopped, is_busy) {
                    (true, _) => Ok(format!("process {} is stopped, as it was before", self.pid)),
                    (_, false) => Ok(format!("process {} is there, and does as little as before", self.pid)),
                    _ => bail!("process {} used a processor before it was looked at, and does no longer", self.pid),
                };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// A debugger that was killed while it stopped the program leaves it stopped.
    pub fn wake(&self) {
        if let Some(pid) = Pid::from_raw(self.pid).filter(|_| self.is_stopped() && !self.was_stopped) {
            // It may have ended meanwhile.
            let _ = kill_process(pid, Signal::CONT);
        }
    }

    fn is_stopped(&self) -> bool {
        self.status("State:").is_some_and(|state| state.starts_with('T'))
    }

    /// CPU time of all its threads; nothing when it has ended.
    fn cpu_ns(&self) -> Option<u64> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid)).ok()?.flatten();
        let of_thread = |text: String| text.split(' ').next()?.parse::<u64>().ok();
        Some(
            threads
                .filter_map(|thread| of_thread(std::fs::read_to_string(thread.path().join("schedstat")).ok()?))
                .sum(),
        )
    }

    fn status(&self, key: &str) -> Option<String> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        text.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim().to_string())
    }
}

/// Why a debugger may not look at a process, and what to do.
pub fn refused(pid: i32) -> String {
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    let advice = match scope.trim() {
        "1" => "this system lets a debugger look at its own children only (kernel.yama.ptrace_scope is 1). Programs of the labs allow it \
                all the same; for others, until the next start: sudo sysctl kernel.yama.ptrace_scope=0"
            .into(),
        "2" => "this system lets the administrator alone debug (kernel.yama.ptrace_scope is 2): use sudo, or, until the next start, \
                sudo sysctl kernel.yama.ptrace_scope=1"
            .into(),
        "3" => "this system forbids debugging until it is started again (kernel.yama.ptrace_scope is 3)".to_string(),
        _ => "in a container, start it with `docker run --cap-add=SYS_PTRACE` (and, before Linux 4.8, --security-opt \
              seccomp=unconfined); elsewhere it is another user's program, or one that has protected itself"
            .into(),
    };
    format!("the system does not let us look into process {pid}: {advice}")
}

/// Bytes of everything that gdb writes: what is readable and not just a file's unchanged pages.
fn core_bytes(smaps: &str) -> u64 {
    let mut bytes = NOTES;
    // Of the mapping that is being read: its size, and whether it counts.
    let (mut size, mut counts) = (0, false);
    for line in smaps.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let kib = || words.get(1).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0);
        match words.first() {
            Some(&"Size:") => size = kib() * 1024,
            Some(&"Anonymous:") => counts |= kib() > 0,
            // The last line of a mapping; `dd` is what asked not to be dumped.
            Some(&"VmFlags:") => {
                let is_readable = words.contains(&"rd") && !words.contains(&"dd") && !words.contains(&"io");
                bytes += if counts && is_readable { size } else { 0 };
            }
            // ADDRESSES PERMISSIONS OFFSET DEVICE INODE [FILE]
            Some(first) if !first.ends_with(':') => counts = words.get(4) == Some(&"0"),
            _ => {}
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_no_file_takes_room_in_a_core() {
        let mapping = |line: &str, kib: u32, anonymous: u32, flags: &str| {
            format!("{line}\nSize: {kib} kB\nRss: 1 kB\nAnonymous: {anonymous} kB\nVmFlags: {flags}\n")
        };
        let smaps = [
            mapping("55a0-55b0 r-xp 00000000 fe:00 11 /bin/program", 1000, 0, "rd ex mr"),
            mapping("55b0-55c0 rw-p 00010000 fe:00 11 /bin/program", 8, 4, "rd wr mr"),
            mapping("7f00-7f10 rw-p 00000000 00:00 0", 64, 0, "rd wr mr"),
            mapping("7f10-7f20 ---p 00000000 00:00 0", 65_536, 0, "mr"),
            mapping("7f20-7f30 rw-p 00000000 00:00 0 [stack]", 132, 12, "rd wr mr gd"),
            mapping("7f30-7f40 rw-p 00000000 00:00 0", 4096, 12, "rd wr mr dd"),
        ];
        assert_eq!(core_bytes(&smaps.concat()) - NOTES, (8 + 64 + 132) * 1024);
    }

    #[test]
    fn whoever_is_not_there_or_is_ourselves_is_refused() {
        for (pid, says) in [(i32::MAX, "no process has the number"), (std::process::id() as i32, "this very `lab`")] {
            let message = Process::of_yours(pid).unwrap_err().to_string();
            assert!(message.contains(says), "{message}");
        }
    }
}
