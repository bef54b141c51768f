//! Open-loop load over HTTP/1.1 on the loopback interface, measured from the moment each request was *meant* to leave.
//!
//! A closed model (send, wait, send again) stops asking exactly while the service stalls, so the stall hardly shows in
//! its percentiles. Here the arrivals are written down before the run starts ([`Schedule`]), nothing a service does can
//! put them off, and whatever a request waited for, in our queue or in theirs, is in its response time.
//!
//! What it never does: leave a request that was due out of the figures, slow down for a slow service, talk to a machine that
//! nobody has called their own, or share a process with the service it measures. [`Run::drive`] belongs into a generator process.
//!
//! ```no_run
//! use lab_load::{EachRequest, Request, Run, Schedule, Target};
//! use std::time::Duration;
//!
//! let target = Target::loopback("127.0.0.1:8080".parse()?)?;
//! let arrivals = Schedule::constant(80.0, Duration::from_secs(5))?.at_random(7);
//! let quotes = EachRequest::new("quote", |vu| Request::get(format!("/quotes/{}", vu.random().below(100))));
//! let report = Run::new(target).open(arrivals, quotes).drive()?;
//! println!("p99 {:?} ms", report.overall.response.percentile_ms(0.99));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admission;
mod call;
mod connections;
#[cfg(feature = "program")]
pub mod curve;
mod error;
#[cfg(feature = "program")]
pub mod hdr;
#[cfg(feature = "program")]
pub mod knee;
mod latencies;
mod pacer;
mod records;
mod report;
mod request;
mod run;
mod scenario;
pub mod scenarios;
mod schedule;
mod shared;
mod stop;
mod stream;
mod target;
mod vu;

pub use call::{CALL_TIMEOUT, Response, call, call_all};
pub use error::{Failure, LoadError};
pub use hyper::Method;
pub use latencies::Latencies;
pub use report::{Effort, Live, LiveStep, Report, StepReport};
pub use request::Request;
pub use run::Run;
pub use scenario::{EachRequest, Mix, Scenario};
pub use schedule::{MAX_RATE_PER_S, Offsets, Schedule};
pub use stop::Stop;
pub use target::Target;
pub use vu::Vu;
