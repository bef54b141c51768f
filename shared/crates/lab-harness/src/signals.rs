//! Signals that we were told to ignore before we began.

/// Whether this process ignores a signal. Where there is no `/proc` nobody can tell without unsafe code, and none is taken for ignored.
pub(crate) fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    lab_results::dispositions::is_ignored(&status, signal)
}
