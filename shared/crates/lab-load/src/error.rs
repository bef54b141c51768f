//! What can go wrong with a run, and what can go wrong with one request of it.

use std::{fmt, io, net::SocketAddr};

/// Why a run, or a single call, could not be made. A service that fails is not among these when it is under load: its
/// failures are what the [`Report`](crate::Report) counts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Load is for a service of our own on this machine.
    #[error(
        "{0} is not on this machine. Load that its owner has not agreed to is an attack, and a shared network carries it past others: \
         use 127.0.0.1 or [::1], or say that you own that host"
    )]
    NotLoopback(SocketAddr),
    /// Not the address of a service.
    #[error("`{url}` is not a target such as http://127.0.0.1:8080: {reason}")]
    Target {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No address of the service accepts a connection.
    #[error("nobody answers at {target}; tried were {tried}: is the service running?")]
    NobodyThere {
        /// Where it should be.
        target: String,
        /// Its addresses, and why each was none.
        tried: String,
    },
    /// Not a rate that a schedule can be made of.
    #[error("{0} requests per second is not a rate: give one above 0 and at most {max}", max = crate::MAX_RATE_PER_S)]
    Rate(f64),
    /// A run of zero requests would measure nothing, and must not look like a run that found nothing.
    #[error("nobody would come, so nothing would be measured: give it a longer window or a higher rate")]
    EmptyPlan,
    /// With room for no request at all the run would never end.
    #[error("no request may be in flight: leave room for at least one")]
    NoRoom,
    /// The request cannot be written as HTTP.
    #[error("{request} is not a valid HTTP request: {reason}")]
    InvalidRequest {
        /// Its method and path.
        request: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A single call got no answer.
    #[error("{request} to {target} got no answer: {failure}; is the service still running?")]
    NoAnswer {
        /// Its method and path.
        request: String,
        /// Where it went.
        target: SocketAddr,
        /// Why there was none.
        failure: Failure,
    },
    /// A scenario of ours has a bug; its message is on standard error.
    #[error("the scenario panicked, so its figures mean nothing")]
    ScenarioPanicked,
    /// The generator itself could not work: its runtime or its timer.
    #[error("the load generator could not start its runtime or its timer (see `ulimit -n`): {0}")]
    Generator(#[from] io::Error),
}

/// Why one request counts as failed. Ordered and printed as the report's keys: `503`, `timeout`, `connect`, `closed`,
/// `malformed`, `unsendable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// Answered with a status other than the expected one.
    Status(u16),
    /// Not answered in the time that the caller was willing to wait.
    Timeout,
    /// No connection could be opened.
    Connect,
    /// The service closed the connection before its answer was complete.
    Closed,
    /// What came back is not HTTP.
    Malformed,
    /// The scenario made a request that HTTP cannot carry: nothing was sent.
    Unsendable,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(out, "{code}"),
            Self::Timeout => out.write_str("timeout"),
            Self::Connect => out.write_str("connect"),
            Self::Closed => out.write_str("closed"),
            Self::Malformed => out.write_str("malformed"),
            Self::Unsendable => out.write_str("unsendable"),
        }
    }
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        if error.is_parse() { Self::Malformed } else { Self::Closed }
    }
}
