//! A run: every arrival leaves when it is due, or waits for a place and is charged for it.

use std::future::Future;
use std::iter::Peekable;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, pin::pin};

use lab_probe::thread_cpu_time;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::yield_now;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::connections::Connections;
use crate::pacer::Pacer;
use crate::records::Records;
use crate::scenario::AnyScenario;
use crate::schedule::Offsets;
use crate::{Effort, Live, LoadError, Report, Scenario, Schedule, Target, Vu};

/// How many overdue arrivals start in a row before those that started get the processor.
const BURST: u64 = 32;

/// Load for one service: what customers do, when they come, and how long one waits for them.
pub struct Run {
    target: Target,
    streams: Vec<Stream>,
    seed: u64,
    max_in_flight: usize,
    timeout: Duration,
    drain: Duration,
    stop: Stop,
    look: Option<Look>,
}

/// Customers of one kind.
struct Stream {
    scenario: Arc<dyn AnyScenario>,
    arrivals: Arrivals,
}

enum Arrivals {
    Open(Schedule),
    Closed { users: usize, think: Duration, window: Duration },
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
        block_on(self.run())?
    }

    async fn run(mut self) -> Result<Report, LoadError> {
        let pacer = Pacer::new()?;
        let is_open = self.streams.iter().all(|stream| matches!(stream.arrivals, Arrivals::Open(_)));
        let shared = Arc::new(Shared::new(&self));
        let cpu_before = thread_cpu_time();
        let start = Instant::now();
        if let Some(look) = self.look.take() {
            tokio::spawn(watch_run(Arc::clone(&shared), look, start));
        }
        admit(&self.streams, &self.stop, &shared, &pacer, start).await?;

        shared.all_have_come.store(true, Relaxed);
        if !self.stop.is_asked() {
            // Past the limit is not an error: what has no answer then is reported as unfinished.
            let drained = timeout(self.drain, shared.wait_for_the_last());
            tokio::select! { _ = drained => {}, () = self.stop.asked() => {} }
        }
        let now = Instant::now();
        let cpu = thread_cpu_time().saturating_sub(cpu_before);
        let records = std::mem::replace(&mut *shared.records(), Records::new([]));
        if shared.panicked.load(Relaxed) {
            return Err(LoadError::ScenarioPanicked);
        }
        let report = records.close(start, now);
        let effort = Effort { cpu, wall: now - start, ..report.effort };
        Ok(Report { is_open, interrupted: self.stop.is_asked(), effort, ..report })
    }
}

/// Lets everybody in who is to come, each at their time.
async fn admit(streams: &[Stream], stop: &Stop, shared: &Arc<Shared>, pacer: &Pacer, start: Instant) -> io::Result<()> {
    let mut schedules: Vec<(Peekable<Offsets>, &Arc<dyn AnyScenario>)> = Vec::new();
    let mut last_users_leave = start;
    for stream in streams {
        match &stream.arrivals {
            Arrivals::Open(schedule) => schedules.push((schedule.offsets().peekable(), &stream.scenario)),
            Arrivals::Closed { users, think, window } => {
                last_users_leave = last_users_leave.max(start + *window);
                for _ in 0..*users {
                    let (here, scenario) = (Here::come(shared), Arc::clone(&stream.scenario));
                    tokio::spawn(use_again(here, scenario, *think, start + *window, stop.clone()));
                }
            }
        }
    }
    let mut stopped = pin!(stop.asked());
    let mut started = 0;
    while let Some((at, scenario)) = next_of(&mut schedules) {
        // A generator that is behind must not keep those who have come from being served.
        started += 1;
        if started % BURST == 0 {
            yield_now().await;
        }
        tokio::select! {
            biased;
            () = &mut stopped => return Ok(()),
            come = pacer.until(start + at) => come?,
        }
        tokio::spawn(visit(Here::come(shared), Arc::clone(scenario), start + at));
    }
    tokio::select! { () = stopped => {}, come = pacer.until(last_users_leave) => come? }
    Ok(())
}

impl Arrivals {
    fn is_empty(&self) -> bool {
        match self {
            Arrivals::Open(schedule) => schedule.offsets().next().is_none(),
            Arrivals::Closed { users, window, .. } => *users == 0 || window.is_zero(),
        }
    }
}

/// The next arrival of all schedules.
fn next_of<'a>(
    schedules: &mut [(Peekable<Offsets>, &'a Arc<dyn AnyScenario>)],
) -> Option<(Duration, &'a Arc<dyn AnyScenario>)> {
    let (offsets, scenario) = schedules
        .iter_mut()
        .filter_map(|(offsets, scenario)| Some((*offsets.peek()?, (offsets, *scenario))))
        .min_by_key(|(at, _)| *at)?
        .1;
    Some((offsets.next()?, scenario))
}

/// One customer of an open model.
async fn visit(here: Here, scenario: Arc<dyn AnyScenario>, intended: Instant) {
    scenario.run(&mut Vu::arriving(here.shared(), intended)).await;
}

/// One user of a closed model.
async fn use_again(here: Here, scenario: Arc<dyn AnyScenario>, think: Duration, until: Instant, stop: Stop) {
    while Instant::now() < until && !stop.is_asked() {
        scenario.run(&mut Vu::waiting(here.shared(), Instant::now())).await;
        sleep(think).await;
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

/// Ends a run early. All clones are one.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Ends the run, from any thread.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    async fn asked(&self) {
        // The sender lives in us, so that it cannot be gone.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}

/// What the customers of a run share.
pub(crate) struct Shared {
    pub(crate) connections: Connections,
    pub(crate) authority: String,
    pub(crate) places: Arc<Semaphore>,
    pub(crate) timeout: Duration,
    pub(crate) seed: u64,
    records: Mutex<Records>,
    iterations: AtomicU64,
    /// Customers who have come and not left.
    here: AtomicU64,
    all_have_come: AtomicBool,
    panicked: AtomicBool,
    nobody_left: Notify,
}

impl Shared {
    fn new(run: &Run) -> Self {
        let address: SocketAddr = run.target.address;
        Self {
            connections: Connections::new(address),
            authority: run.target.authority.clone(),
            places: Arc::new(Semaphore::new(run.max_in_flight.min(Semaphore::MAX_PERMITS))),
            timeout: run.timeout,
            seed: run.seed,
            records: Mutex::new(Records::new(run.streams.iter().flat_map(|stream| stream.scenario.steps()))),
            iterations: AtomicU64::new(0),
            here: AtomicU64::new(0),
            all_have_come: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
            nobody_left: Notify::new(),
        }
    }

    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        // Only this thread takes the lock, and never across an await.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next iteration's number.
    pub(crate) fn next_iteration(&self) -> u64 {
        self.iterations.fetch_add(1, Relaxed)
    }

    async fn wait_for_the_last(&self) {
        if self.here.load(Relaxed) > 0 {
            self.nobody_left.notified().await;
        }
    }
}

/// A customer who has come and not left, however the iteration ends: by a panic of the scenario too.
struct Here(Arc<Shared>);

impl Here {
    fn come(shared: &Arc<Shared>) -> Self {
        shared.here.fetch_add(1, Relaxed);
        Self(Arc::clone(shared))
    }

    fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.0)
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked.store(true, Relaxed);
        }
        if self.0.here.fetch_sub(1, Relaxed) == 1 && self.0.all_have_come.load(Relaxed) {
            self.0.nobody_left.notify_one();
        }
    }
}

/// Runs a future to its end on a thread of its own, so that a caller inside another runtime is as welcome as any.
pub(crate) fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::scope(|scope| {
        let finished = scope.spawn(move || {
            #[cfg(target_os = "linux")]
            // tokio's own timers would otherwise be 50 us late on purpose.
            let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
            runtime.block_on(work)
        });
        Ok(finished.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}
