//! Labs whose subject is a service on a real socket.
//!
//! One program plays two parts, each in a process of its own. The **service** is `PROGRAM serve`: it calls [`serve`] and says where it
//! listens. The **driver** is any other verb: it starts the service with [`Launch`], sends it requests with [`crate::load`],
//! and stops it. `--subject PROGRAM` makes the driver start another program of the same lab, so that the pristine one can
//! drive yours.
//!
//! ```no_run
//! use lab_harness::service::{self, Launch, Watch};
//! use lab_harness::{Run, load};
//!
//! // The service: set up first, then open the door. `axum::serve` goes here, and stays the lab's own dependency.
//! fn serve(run: &Run) -> anyhow::Result<()> {
//!     service::serve(run, async |door| {
//!         // let router = ...; open pools, seed, migrate: nobody is told the address yet
//!         let (listener, stop) = door.open()?;
//!         // axum::serve(listener, router).with_graceful_shutdown(stop.requested()).await?;
//!         # drop(listener);
//!         stop.requested().await;
//!         Ok(())
//!     })
//! }
//!
//! // The driver, of `reproduce`.
//! fn reproduce(run: &Run) -> anyhow::Result<()> {
//!     let service = Launch::new(run).start()?;
//!     let target = load::Target::loopback(service.address())?;
//!     let customers = load::Schedule::constant(20.0, std::time::Duration::from_secs(4))?.at_random(run.seed);
//!     let looking = load::EachRequest::new("GET", |_| load::Request::get("/orders/US-10001"));
//!     let report = load::Run::new(target).open(customers, looking).drive()?;
//!     service.stop()?;
//!     let table = service::latency_table("GET under load", &[("GET", &report.steps[0])], 50.0);
//!     lab_harness::emit(&lab_harness::results::Record::Table(table));
//!     Ok(())
//! }
//!
//! // The CPU profile of the serving process, and in the same way `heap` with `Watch::Heap`.
//! fn profile(run: &Run) -> anyhow::Result<()> {
//!     service::watched(Launch::new(run).watch(Watch::Cpu), |address| {
//!         let schedule = load::Schedule::constant(20.0, std::time::Duration::from_secs_f64(run.seconds))?;
//!         let looking = load::EachRequest::new("GET", |_| load::Request::get("/orders/US-10001"));
//!         Ok(load::Run::new(load::Target::loopback(address)?).open(schedule, looking).drive()?.overall.planned)
//!     })
//! }
//! ```
//!
//! A service never outlives its driver: it stops when its standard input closes, and on Linux the kernel kills it when the
//! driver's thread that started it is gone, so start it on the main thread.

#[cfg(feature = "console")]
mod console;
mod launch;
mod metrics;
mod serve;
mod tables;
#[cfg(feature = "tasks")]
mod tasks;

pub use launch::{Launch, Service, busy, watched};
pub use metrics::{Figure, measure};
pub use serve::{Door, GRACE, Stop, WORKERS, runtime, serve, serve_on};
pub use tables::{distributions, late_generator, latency_table};

use anyhow::{Result, bail};

/// Tells a service what to look at while it serves.
const WATCH: &str = "LAB_WATCH";

/// What a service looks at in its own process while it serves. Its findings are records that it prints when it was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// Nothing: the service is to be timed.
    Nothing,
    /// A CPU profile, into `run.out`; built with the feature `profile`.
    Cpu,
    /// A heap profile, into `run.out`; built with the feature `heap`.
    Heap,
    /// What is live while it serves, into `run.out`; built with the feature `jemalloc`.
    LiveHeap,
    /// Poll times: those that the lab's own code takes; with the feature `tasks` also by spawn site, with a trace in `run.out`; with the
    /// feature `console` for tokio-console.
    Polls,
}

impl Watch {
    /// What this process was told to watch; nobody tells a service that is started by hand, which is for people to look at.
    pub fn asked() -> Result<Watch> {
        match std::env::var(WATCH).as_deref() {
            Err(_) | Ok("polls") => Ok(Watch::Polls),
            Ok("nothing") => Ok(Watch::Nothing),
            Ok("cpu") => Ok(Watch::Cpu),
            Ok("heap") => Ok(Watch::Heap),
            Ok("live-heap") => Ok(Watch::LiveHeap),
            Ok(other) => bail!("{WATCH} is `{other}`; known are nothing, cpu, heap, live-heap and polls"),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Watch::Nothing => "nothing",
            Watch::Cpu => "cpu",
            Watch::Heap => "heap",
            Watch::LiveHeap => "live-heap",
            Watch::Polls => "polls",
        }
    }
}
