//! A server that nobody is there to stop.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How often to look whether a server has started, or ended.
pub(super) const POLL: Duration = Duration::from_millis(10);
/// A server that was told to end at once takes no longer.
pub(super) const FAST_SHUTDOWN_WITHIN: Duration = Duration::from_secs(5);

/// Stops the server whose janitor was killed. `/proc` tells whether the number still is that server; without `/proc` the
/// server notices within a minute that its folder is gone, and ends by itself.
pub(super) fn stop_orphan(folder: &Path) {
    let data = folder.join("data");
    let Ok(file) = fs::read_to_string(data.join("postmaster.pid")) else { return };
    let Some(pid) = file.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw) else {
        return;
    };
    let command_line = PathBuf::from(format!("/proc/{}/cmdline", pid.as_raw_nonzero()));
    let is_ours = || {
        fs::read(&command_line)
            .is_ok_and(|line| line.split(|&byte| byte == 0).any(|word| word == data.as_os_str().as_encoded_bytes()))
    };
    let deadline = Instant::now() + FAST_SHUTDOWN_WITHIN;
    while is_ours() && Instant::now() < deadline {
        let _ = kill_process(pid, Signal::QUIT);
        sleep(POLL);
    }
}
