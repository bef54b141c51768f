//! Who is still running.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Processes other than ours whose environment names the state folder: everything that `lab` starts inherits it.
pub fn descendants(state: &Path) -> Vec<u32> {
    let marker = format!("LAB_STATE={}", state.display());
    let processes = std::fs::read_dir("/proc").expect("Linux has /proc");
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|entry| entry == marker.as_bytes())
        })
        .collect()
}

pub fn assert_nothing_is_left(state: &Path, what: &str) {
    let until = Instant::now() + Duration::from_secs(20);
    while !descendants(state).is_empty() {
        assert!(Instant::now() < until, "{what}: still running: {:?}", descendants(state));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Sends a signal by its name, such as `TERM`.
pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args(["-s", name, &pid.to_string()]).status().expect("kill runs");
    assert!(status.success());
}
