//! The open-loop driver: every request leaves when it is due, or waits for a place and is charged for it.

use crate::{
    Failure, LoadError, Planned, Report, StepReport,
    connections::{Connection, Connections},
    error::require_loopback,
    pacer::Pacer,
    records::Records,
    request::WireRequest,
};
use http_body_util::BodyExt;
use hyper::StatusCode;
use std::{
    future::Future,
    io,
    net::SocketAddr,
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, Semaphore},
    task::yield_now,
    time::timeout,
};

/// How many overdue requests leave in a row before those that left get the processor.
const BURST: usize = 32;

/// How a plan is driven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The steps' names; [`Planned::step`] is an index into them.
    pub steps: Vec<String>,
    /// How many requests may be in flight, each on a connection of its own. Later arrivals queue for a place in the order
    /// of their arrival, and the wait is part of their response time.
    pub max_in_flight: usize,
    /// How long a customer waits for an answer once the request was sent; then it hangs up, and the request has failed.
    pub timeout: Duration,
    /// How long to wait for open requests after the last one was due.
    pub drain: Duration,
}

impl Options {
    /// Named steps, 1024 in flight, 10 s for each request and 15 s to drain.
    pub fn new<S: Into<String>>(steps: impl IntoIterator<Item = S>) -> Self {
        Self {
            steps: steps.into_iter().map(Into::into).collect(),
            max_in_flight: 1024,
            timeout: Duration::from_secs(10),
            drain: Duration::from_secs(15),
        }
    }
}

/// Sends every planned request to `target` at its time, whatever order the plan is in, and reports what came of it.
///
/// It works on a thread and a runtime of its own and blocks until the last answer or the end of the drain. The service must
/// be another process: inside this one it would compete with the generator that measures it.
///
/// # Errors
/// Only what makes the run itself impossible: a target that is not loopback, an empty or invalid plan, no runtime or timer.
/// A service that is down or fails is a finding, and in the report.
pub fn drive(target: SocketAddr, plan: &[Planned], options: &Options) -> Result<Report, LoadError> {
    require_loopback(target)?;
    check(target, plan, options)?;
    let mut ordered: Vec<&Planned> = plan.iter().collect();
    ordered.sort_by_key(|planned| planned.at);
    block_on(run(target, &ordered, options))?
}

/// Everything that could go wrong with the plan goes wrong before the first request leaves.
fn check(target: SocketAddr, plan: &[Planned], options: &Options) -> Result<(), LoadError> {
    if plan.is_empty() {
        return Err(LoadError::EmptyPlan);
    }
    if options.max_in_flight == 0 {
        return Err(LoadError::NoRoom);
    }
    for planned in plan {
        if planned.step >= options.steps.len() {
            return Err(LoadError::UnknownStep { step: planned.step, named: options.steps.len() });
        }
        planned.request.to_wire(target)?;
    }
    Ok(())
}

/// Runs a future to its end on a thread of its own, so that a caller inside another runtime is as welcome as any.
pub(crate) fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::scope(|scope| {
        let finished = scope.spawn(move || runtime.block_on(work)).join();
        Ok(finished.unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

async fn run(target: SocketAddr, plan: &[&Planned], options: &Options) -> Result<Report, LoadError> {
    let pacer = Pacer::new()?;
    let shared = Arc::new(Shared {
        connections: Connections::new(target),
        places: Semaphore::new(options.max_in_flight.min(Semaphore::MAX_PERMITS)),
        records: Mutex::new(Records::new(&options.steps)),
        all_settled: Notify::new(),
        planned: plan.len(),
        timeout: options.timeout,
    });
    let start = Instant::now();
    for (number, planned) in plan.iter().enumerate() {
        let intended = start + planned.at;
        // A generator that is behind must not keep the requests that have left from being served.
        if number % BURST == BURST - 1 {
            yield_now().await;
        }
        pacer.until(intended).await?;
        let arrival = Arrival {
            number,
            step: planned.step,
            intended,
            expect_status: planned.expect_status,
            request: planned.request.to_wire(target)?,
        };
        tokio::spawn(Arc::clone(&shared).serve(arrival));
    }
    // Past the limit is not an error: what has no answer then is reported as unfinished.
    let _ = timeout(options.drain, shared.all_settled.notified()).await;

    let records = std::mem::replace(&mut *shared.records(), Records::new(&[]));
    let (steps, elapsed) = records.close(start, Instant::now());
    Ok(Report { elapsed, timer: Pacer::TIMER, overall: StepReport::overall(&steps), steps })
}

/// What the requests of a run share.
struct Shared {
    connections: Connections,
    places: Semaphore,
    records: Mutex<Records>,
    all_settled: Notify,
    planned: usize,
    timeout: Duration,
}

/// A request whose time has come.
struct Arrival {
    number: usize,
    step: usize,
    intended: Instant,
    expect_status: Option<u16>,
    request: WireRequest,
}

impl Shared {
    async fn serve(self: Arc<Self>, arrival: Arrival) {
        let number = arrival.number;
        self.records().due(number, arrival.step, arrival.intended, Instant::now());
        // The semaphore is fair: places go to those who came first. It is never closed, so there is always one to come.
        let Ok(_place) = self.places.acquire().await else { return };
        self.records().sent(number, Instant::now());

        let exchange = self.exchange(arrival.request, arrival.expect_status);
        let (outcome, connection) = timeout(self.timeout, exchange).await.unwrap_or((Err(Failure::Timeout), None));
        if self.records().settle(number, outcome, Instant::now()) == self.planned {
            self.all_settled.notify_one();
        }
        // After the clock has stopped, but before the place is free, so that there are never more connections than places.
        // A service that answers and then never finishes reading must not keep the place for ever.
        if let Some(connection) = connection {
            let _ = timeout(self.timeout, self.connections.give_back(connection)).await;
        }
    }

    /// Sends the request and reads the whole answer, without keeping it.
    async fn exchange(
        &self,
        request: WireRequest,
        expect_status: Option<u16>,
    ) -> (Result<(), Failure>, Option<Connection>) {
        let (response, connection) = match self.connections.send(request).await {
            Ok(answered) => answered,
            Err(failure) => return (Err(failure), None),
        };
        let status = response.status();
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            if let Err(error) = frame {
                return (Err(error.into()), None);
            }
        }
        (judge(status, expect_status), Some(connection))
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        // Only this thread takes the lock, and never across an await.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn judge(status: StatusCode, expect_status: Option<u16>) -> Result<(), Failure> {
    let as_expected = expect_status.map_or(status.is_success(), |expected| status.as_u16() == expected);
    if as_expected { Ok(()) } else { Err(Failure::Status(status.as_u16())) }
}
