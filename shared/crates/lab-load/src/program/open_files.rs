//! Every request in flight is a connection, and every connection an open file.

use anyhow::{Context, Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files besides the connections: the standard three, the runtime's and the timer's, reports, and connections that the service has
/// closed and we have not noticed yet.
const RESERVE: u64 = 64;

/// Sees to it that so many connections can be opened, before the first one is.
pub fn allow(max_in_flight: usize) -> Result<()> {
    let needed = max_in_flight as u64 + RESERVE;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    match maximum.filter(|maximum| *maximum < needed) {
        None => setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })
            .with_context(|| format!("Failed to raise the limit of open files; run `ulimit -n {needed}` before")),
        Some(maximum) => bail!(
            "{max_in_flight} requests in flight need {needed} open files, and this shell allows {maximum}: run `ulimit -n {needed}` in a \
             shell that may raise its hard limit (root's; or see limits.conf(5)), or say --max-in-flight {}",
            maximum.saturating_sub(RESERVE).max(1)
        ),
    }
}
