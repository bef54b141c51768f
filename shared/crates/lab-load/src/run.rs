//! A run: every arrival leaves when it is due, or waits for a place and is charged for it.

use std::future::Future;
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use lab_probe::thread_cpu_time;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::admission::admit;
use crate::pacer::Pacer;
use crate::shared::Shared;
use crate::stream::{Arrivals, Stream};
use crate::{Effort, Live, LoadError, Report, Scenario, Schedule, Stop, Target};

/// Load for one service: what customers do, when they come, and how long one waits for them.
pub struct Run {
    target: Target,
    streams: Vec<Stream>,
    seed: u64,
    iterations: Arc<AtomicU64>,
    max_in_flight: usize,
    timeout: Duration,
    drain: Duration,
    stop: Stop,
    look: Option<Look>,
}

/// Somebody who watches the run.
struct Look {
    every: Duration,
    at: Box<dyn FnMut(&Live) + Send>,
}

impl Run {
    /// Seed 7, 1024 in flight, 10 s for each request and 15 s to drain.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            streams: Vec::new(),
            seed: 7,
            iterations: Arc::default(),
            max_in_flight: 1024,
            timeout: Duration::from_secs(10),
            drain: Duration::from_secs(15),
            stop: Stop::new(),
            look: None,
        }
    }

    /// Customers who come when the schedule says, whether or not the service answers: an open model. Several streams of them may run
    /// side by side.
    #[must_use]
    pub fn open(self, schedule: Schedule, scenario: impl Scenario + 'static) -> Self {
        self.stream(scenario, Arrivals::Open(schedule))
    }

    /// A fixed number of users who wait for their answer, think, and begin again: a closed model. While the service stalls nobody asks,
    /// so that the stall hardly shows in the response times; it is here to show just that.
    #[must_use]
    pub fn closed(self, users: usize, think: Duration, window: Duration, scenario: impl Scenario + 'static) -> Self {
        self.stream(scenario, Arrivals::Closed { users, think, window })
    }

    fn stream(mut self, scenario: impl Scenario + 'static, arrivals: Arrivals) -> Self {
        self.streams.push(Stream { scenario: Arc::new(scenario), arrivals });
        self
    }

    /// The random numbers of all iterations follow from it.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Iterations are numbered by a counter of the caller's, so that several runs of one test go on where the one before stopped: rows that
    /// are taken in turn are not taken again.
    #[must_use]
    pub fn numbered_by(self, iterations: &Arc<AtomicU64>) -> Self {
        Self { iterations: Arc::clone(iterations), ..self }
    }

    /// How many customers may be with the service, each on a connection of its own. Later ones queue for a place in the order of
    /// their arrival, and the wait is part of their response time.
    #[must_use]
    pub fn max_in_flight(self, max_in_flight: usize) -> Self {
        Self { max_in_flight, ..self }
    }

    /// How long a customer waits for an answer once the request was sent; then it hangs up, and the request has failed.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How long to wait for those who have not left after the last one has come.
    #[must_use]
    pub fn drain(self, drain: Duration) -> Self {
        Self { drain, ..self }
    }

    /// The run ends when `stop` says so: nobody comes any more, and who is waiting counts as unfinished.
    #[must_use]
    pub fn until(self, stop: &Stop) -> Self {
        Self { stop: stop.clone(), ..self }
    }

    /// Calls `at` again and again while the run lasts. It runs on the generator's thread, so it must be quick.
    #[must_use]
    pub fn look(self, every: Duration, at: impl FnMut(&Live) + Send + 'static) -> Self {
        Self { look: Some(Look { every, at: Box::new(at) }), ..self }
    }

    /// Drives the load and reports what came of it.
    ///
    /// It works on a thread and a runtime of its own and blocks until the last answer or the end of the drain. The service must
    /// be another process: inside this one it would compete with the generator that measures it.
    ///
    /// # Errors
    /// Only what makes the run itself impossible: nothing to send, no runtime or timer, a scenario that panics. A service that is
    /// down or fails is a finding, and in the report.
    pub fn drive(self) -> Result<Report, LoadError> {
        if self.streams.iter().all(|stream| stream.arrivals.is_empty()) {
            return Err(LoadError::EmptyPlan);
        }
        if self.max_in_flight == 0 {
            return Err(LoadError::NoRoom);
        }
        // In a task of its own, because waking the future that a runtime blocks on costs a system call each time.
        block_on(async { tokio::spawn(self.run()).await.unwrap_or_else(|error| resume_unwind(error.into_panic())) })?
    }

    async fn run(self) -> Result<Report, LoadError> {
        let Run { target, streams, seed, iterations, max_in_flight, timeout: patience, drain, stop, look } = self;
        let pacer = Pacer::new()?;
        let steps = streams.iter().flat_map(|stream| stream.scenario.steps());
        let shared = Arc::new(Shared::new(target, steps, max_in_flight, patience, seed, iterations));
        tokio::spawn(keep_a_timer(patience / 2));
        let cpu_before = thread_cpu_time();
        let start = Instant::now();
        if let Some(look) = look {
            tokio::spawn(watch_run(Arc::clone(&shared), look, start));
        }
        admit(&streams, &stop, &shared, &pacer, start).await?;
        tokio::select! {
            // Past the limit is not an error: what has no answer then is reported as unfinished.
            _ = timeout(drain, shared.wait_for_the_last()) => {}
            () = stop.asked() => {}
        }
        let report = shared.report(start)?;
        let cpu = thread_cpu_time().saturating_sub(cpu_before);
        let is_open = streams.iter().all(|stream| matches!(stream.arrivals, Arrivals::Open(_)));
        let effort = Effort { cpu, wall: start.elapsed(), ..report.effort };
        Ok(Report { is_open, interrupted: stop.is_asked(), effort, ..report })
    }
}

impl Arrivals {
    fn is_empty(&self) -> bool {
        match self {
            Arrivals::Open(schedule) => schedule.offsets().next().is_none(),
            Arrivals::Closed { users, window, .. } => *users == 0 || window.is_zero(),
        }
    }
}

/// As long as tokio waits for an earlier timer, a request's time limit costs it no system call.
async fn keep_a_timer(every: Duration) {
    let mut every = interval(every.clamp(Duration::from_millis(1), Duration::from_secs(1)));
    loop {
        every.tick().await;
    }
}

async fn watch_run(shared: Arc<Shared>, mut look: Look, start: Instant) {
    let mut every = interval(look.every);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    every.tick().await;
    loop {
        every.tick().await;
        let live = shared.records().live(start, Instant::now());
        (look.at)(&live);
    }
}

/// Runs a future to its end on a thread of its own, so that a caller inside another runtime is as welcome as any.
pub(crate) fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::scope(|scope| {
        // Where no thread can be started, that is an error of ours and no panic.
        let finished = std::thread::Builder::new().name("generator".into()).spawn_scoped(scope, move || {
            #[cfg(target_os = "linux")]
            // tokio's own timers would otherwise be 50 us late on purpose.
            let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
            runtime.block_on(work)
        })?;
        Ok(finished.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}
