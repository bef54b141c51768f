//! Open-loop load over HTTP/1.1 on the loopback interface, measured from the moment each request was *meant* to leave.
//!
//! A closed model (send, wait, send again) stops asking exactly while the service stalls, so the stall hardly shows in
//! its percentiles. Here the arrivals are written down before the run starts ([`Schedule`]), nothing a service does can
//! put them off, and whatever a request waited for, in our queue or in theirs, is in its response time.
//!
//! What it never does: leave a planned request out of the figures, slow down for a slow service, talk to a machine that
//! is not this one, or share a process with the service it measures. [`drive`] belongs into a generator process.
//!
//! ```no_run
//! use lab_load::{Options, Planned, Request, Schedule, drive};
//! use std::time::Duration;
//!
//! let target = "127.0.0.1:8080".parse()?;
//! let plan: Vec<Planned> = Schedule::poisson(80.0, 7)?
//!     .offsets(Duration::from_secs(5))
//!     .map(|at| Planned::new(at, 0, Request::get("/quotes/1")))
//!     .collect();
//! let report = drive(target, &plan, &Options::new(["quote"]))?;
//! println!("p99 {:?} ms", report.overall.response.percentile_ms(0.99));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod call;
mod connections;
#[cfg(feature = "program")]
pub mod curve;
mod drive;
mod error;
#[cfg(feature = "program")]
pub mod knee;
mod latencies;
mod pacer;
mod records;
mod report;
mod request;
mod schedule;

pub use call::{CALL_TIMEOUT, Response, call, call_all};
pub use drive::{Options, drive};
pub use error::{Failure, LoadError};
pub use hyper::Method;
pub use latencies::{Latencies, LatencySummary};
pub use report::{Report, StepReport, StepSummary, Summary};
pub use request::{Planned, Request};
pub use schedule::{MAX_RATE_PER_S, Offsets, Schedule};
