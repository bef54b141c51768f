//! Memory of the whole process, as the kernel sees it.

/// Largest resident set of this process so far, in bytes; `None` where the platform has no `/proc`.
pub fn peak_rss_bytes() -> Option<u64> {
    status_bytes("VmHWM:")
}

/// Resident set of this process now, in bytes: what its allocator keeps for later is part of it. `None` as above.
pub fn resident_bytes() -> Option<u64> {
    status_bytes("VmRSS:")
}

fn status_bytes(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn peak_covers_what_was_touched() {
        let block = std::hint::black_box(vec![1u8; 64 << 20]);
        assert!(super::peak_rss_bytes().expect("Linux has /proc") >= block.len() as u64);
        let with_block = super::resident_bytes().expect("Linux has /proc");
        assert!(with_block >= block.len() as u64);
        drop(block);
        // So large a block goes back to the kernel at once, and only the peak remembers it.
        assert!(super::resident_bytes().expect("Linux has /proc") + (32 << 20) < with_block);
    }
}
