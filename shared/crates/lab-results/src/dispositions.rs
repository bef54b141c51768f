//! Which signals a program was told to ignore before it began, as `nohup` and a shell's `&` in a script tell it.

/// Whether a signal is ignored by the process whose `/proc/PID/status` this is. What cannot be read ignores nothing.
pub fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    u32::try_from(signal - 1).ok().and_then(|bit| 1u64.checked_shl(bit)).is_some_and(|bit| mask & bit != 0)
}

#[cfg(test)]
mod tests {
    use super::is_ignored;

    #[test]
    fn the_kernels_mask_is_read_from_bit_zero_for_signal_one() {
        // SIGHUP (1) and SIGINT (2) are ignored, and SIGPIPE (13) as in every Rust program.
        let status = "Name:\tlab\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001003\nSigCgt:\t0000000000004002\n";
        let ignored: Vec<i32> = (-1..70).filter(|signal| is_ignored(status, *signal)).collect();
        assert_eq!(ignored, [1, 2, 13]);
        assert!(!is_ignored("", 2) && !is_ignored("SigIgn:\tnonsense", 2));
    }
}
