//! What machine this is, as far as records need it.

use std::process::Stdio;

use crate::child;

/// Operating system, architecture and cores.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{} {}, {cores} cores", std::env::consts::OS, std::env::consts::ARCH)
}

/// One-minute load average, where the platform tells.
pub fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// What compiles here: `rustc --version`.
pub fn toolchain() -> String {
    let output = child::tool("rustc").arg("--version").stdin(Stdio::null()).output();
    output.map_or("rustc not found".into(), |output| String::from_utf8_lossy(&output.stdout).trim().to_string())
}
