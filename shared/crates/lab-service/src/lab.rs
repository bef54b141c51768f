//! What a lab supplies.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use lab_harness::Run;
use lab_harness::load::Report;
use lab_harness::results::Counts;
use lab_harness::service::{Figure, Launch};

use crate::{Case, Flow};

/// What a world is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The cases are played in it.
    Check,
    /// People look at the symptom.
    Reproduce,
    /// Customers come in short turns, and their times are taken.
    Time,
    /// Customers come while a profiler or a debugger looks at the service.
    Watch,
}

/// What a lab supplies: functions over its part `P`, its world `W` (what the service stands between, such as a database) and the states
/// `S` of what is in it. A lab without states takes [`std::convert::Infallible`].
pub struct ServiceLab<P, W, S> {
    /// Makes a world. It is dropped after its service.
    pub world: fn(&Run, Purpose) -> Result<W>,
    /// The service's environment variables, by which it finds the world.
    pub environment: fn(&W, &Run, Purpose) -> Vec<(&'static str, String)>,
    /// All cases in the order in which they are played, the easiest first: the first wrong answer should be one that is easy to repeat.
    pub cases: fn(&W, &Run) -> Vec<Case<S>>,
    /// The states of some of the world's things, by their names.
    pub states: fn(&W, &[String]) -> Result<Vec<S>>,
    /// What customers do, mostly the flows of a [`crate::Workload`]: figures name them by their number.
    pub flows: fn(&W, Purpose) -> Result<Vec<Flow>>,
    /// Called after each stretch of load, to look at what it left in the world, and to tidy up.
    pub after_load: fn(&W, Purpose, &mut Report) -> Result<()>,
    /// The figures of a timed turn.
    pub figures: &'static [Figure],
    /// How long new customers come in a timed turn.
    pub turn: Duration,
    /// Shows the symptom of the service at this address, for `reproduce`.
    pub symptom: fn(&W, SocketAddr, &Run) -> Result<()>,
    /// Counts what the gates are declared on, in this process. A [`crate::Wrong`] answer is an error here, and ends it.
    pub counts: fn(P, &Run) -> Result<Counted>,
    /// A unit of the work that hurts, in this process.
    pub work: fn(P, &Run) -> Result<()>,
    /// Is the service, until it is told to stop.
    pub serve: fn(P, &Run) -> Result<()>,
}

impl<P, W, S> ServiceLab<P, W, S> {
    /// The service between the things of its world.
    pub(crate) fn launch(&self, world: &W, run: &Run, purpose: Purpose) -> Launch {
        let environment = (self.environment)(world, run, purpose);
        environment.iter().fold(Launch::new(run), |launch, (name, value)| launch.env(name, value))
    }
}

/// Counts, and what they were taken of.
#[derive(Debug)]
pub struct Counted {
    /// How many there were.
    pub size: u64,
    /// Of what.
    pub unit: &'static str,
    /// By the names that gates are declared on.
    pub counts: Counts,
}
