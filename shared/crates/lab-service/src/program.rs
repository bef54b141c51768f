//! The verbs of a service lab's program.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use lab_harness::load::Report;
use lab_harness::probe::thread_cpu_time;
use lab_harness::results::Record;
use lab_harness::service::{self, Watch};
use lab_harness::{Program, Run, emit};

use crate::lab::{Purpose, ServiceLab};
use crate::{Wrong, drive, play};

/// Turns of a timed round.
const TURNS: u64 = 3;
/// The longest that customers come in one piece while somebody looks at the service; then the world is tidied up.
const STRETCH: Duration = Duration::from_secs(4);
/// The same for a debugger, which wants to hear more often that the service is busy.
const BUSY_STRETCH: Duration = Duration::from_secs(2);
/// How long anything takes in tests, at the most.
const SMOKE_S: f64 = 0.4;

/// The `main` of a lab's and its solution's programs.
pub fn main<P: Copy, W, S: PartialEq + std::fmt::Display>(lab: &ServiceLab<P, W, S>, part: P) -> ExitCode {
    lab_harness::program::main(&ServiceProgram { lab, part })
}

/// A time in which customers come; a short one in tests.
pub fn window(run: &Run, full_s: f64) -> Duration {
    Duration::from_secs_f64(if run.smoke { full_s.min(SMOKE_S) } else { full_s })
}

/// The CPU time in seconds that some work takes on this thread.
pub fn cpu_s<T>(work: impl FnOnce() -> T) -> f64 {
    let before = thread_cpu_time();
    std::hint::black_box(work());
    (thread_cpu_time() - before).as_secs_f64()
}

struct ServiceProgram<'a, P, W, S> {
    lab: &'a ServiceLab<P, W, S>,
    part: P,
}

impl<P: Copy, W, S: PartialEq + std::fmt::Display> Program for ServiceProgram<'_, P, W, S> {
    fn reproduce(&self, run: &Run) -> Result<()> {
        let world = (self.lab.world)(run, Purpose::Reproduce)?;
        let service = self.lab.launch(&world, run, Purpose::Reproduce).start()?;
        (self.lab.symptom)(&world, service.address(), run)?;
        service.stop().map(drop)
    }

    fn check(&self, run: &Run) -> Result<()> {
        play::play(self.lab, run)
    }

    fn count(&self, run: &Run) -> Result<()> {
        match (self.lab.counts)(self.part, run) {
            Ok(counted) => {
                emit(&Record::Counts { size: counted.size, unit: counted.unit.into(), counts: counted.counts });
            }
            Err(error) => emit(&error.downcast::<Wrong>()?.0),
        }
        Ok(())
    }

    fn measure(&self, run: &Run) -> Result<()> {
        let world = (self.lab.world)(run, Purpose::Time)?;
        let service = self.lab.launch(&world, run, Purpose::Time);
        service::measure(service, TURNS, self.lab.figures, |address, turn| {
            self.stretch(&world, address, Purpose::Time, run.seed + turn, self.lab.turn)
        })
    }

    fn work(&self, run: &Run) -> Result<()> {
        (self.lab.work)(self.part, run)
    }

    fn profile(&self, run: &Run) -> Result<()> {
        self.watched(run, Watch::Cpu)
    }

    fn heap(&self, run: &Run) -> Result<()> {
        self.watched(run, Watch::Heap)
    }

    fn live_heap(&self, run: &Run) -> Result<()> {
        self.watched(run, Watch::LiveHeap)
    }

    fn tasks(&self, run: &Run) -> Result<()> {
        self.watched(run, Watch::Polls)
    }

    fn busy(&self, run: &Run) -> Result<()> {
        let world = (self.lab.world)(run, Purpose::Watch)?;
        service::busy(self.lab.launch(&world, run, Purpose::Watch), |address| {
            self.stretch(&world, address, Purpose::Watch, run.seed, window(run, BUSY_STRETCH.as_secs_f64()))
        })
    }

    fn serve(&self, run: &Run) -> Result<()> {
        (self.lab.serve)(self.part, run)
    }
}

impl<P, W, S> ServiceProgram<'_, P, W, S> {
    /// New customers come for this long; it ends when the last one has an answer.
    fn stretch(&self, world: &W, address: SocketAddr, purpose: Purpose, seed: u64, long: Duration) -> Result<Report> {
        let mut report = drive(address, &(self.lab.flows)(world, purpose)?, seed, long)?;
        (self.lab.after_load)(world, purpose, &mut report)?;
        Ok(report)
    }

    /// The service looks at itself during `run.seconds` of load.
    fn watched(&self, run: &Run, watch: Watch) -> Result<()> {
        let world = (self.lab.world)(run, Purpose::Watch)?;
        service::watched(self.lab.launch(&world, run, Purpose::Watch).watch(watch), |address| {
            let (mut requests, mut left, mut seed) = (0, window(run, run.seconds), run.seed);
            while !left.is_zero() {
                let long = left.min(STRETCH);
                requests += self.stretch(&world, address, Purpose::Watch, seed, long)?.overall.planned;
                left -= long;
                seed += 1;
            }
            Ok(requests)
        })
    }
}
