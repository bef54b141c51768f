//! Threads, where there may be no more of them: a sentence, and no panic.

use std::io;
use std::thread::{Builder, JoinHandle};

use anyhow::{Context, Result};

/// Starts a thread.
pub fn in_background<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>> {
    Builder::new()
        .name(name.into())
        .spawn(work)
        .map_err(explained)
        .with_context(|| format!("Failed to start the thread `{name}`"))
}

/// True where one more thread can be started now.
pub fn is_possible() -> bool {
    Builder::new().spawn(|| {}).is_ok_and(|thread| thread.join().is_ok())
}

/// What the kernel calls "temporarily unavailable" is a limit that somebody has to raise.
pub fn explained(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => anyhow::Error::new(error).context(
            "no more processes and threads may be started here: end some, or raise the limit (`ulimit -u`; in a container --pids-limit)",
        ),
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_processes_is_called_one() {
        let limit = format!("{:#}", explained(io::Error::from(rustix::io::Errno::AGAIN)));
        assert!(limit.contains("ulimit -u") && limit.contains("os error"), "{limit}");
        let other = format!("{:#}", explained(io::Error::from(rustix::io::Errno::NOENT)));
        assert!(!other.contains("ulimit"), "{other}");
        assert_eq!(in_background("adds", || 1 + 1).expect("started").join().expect("no panic"), 2);
        assert!(is_possible());
    }
}
