//! Calls of the part that arrive by the runtime's clock, and what came of them.

use std::fmt::Debug;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Result, bail};
use lab_results::stats::percentile;
use orderflow::random::SplitMix64;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{VirtualLab, runtime};
use crate::call::{Answering, hold_all, split};

/// Whoever has no answer so long after the last call by the runtime's clock gets none.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Threads that calls may block on.
const BLOCKING_THREADS: usize = 8;

/// When calls arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrive {
    /// Independently of each other at the lab's rate, as a Poisson process does.
    AtRandom,
    /// All in the same moment.
    AtOnce,
    /// One a minute: nobody is there but the one who calls.
    Apart,
}

/// What came of a scenario, by the runtime's clock. The same seed brings the same, to the last digit.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// How long each call took, in milliseconds, in the order of arrival.
    pub response_ms: Vec<f64>,
    /// The most calls that were without their answer at the same moment.
    pub peak_in_flight: usize,
    /// From the beginning to the last answer.
    pub elapsed: Duration,
}

impl Played {
    /// The mean response time in milliseconds.
    pub fn mean_ms(&self) -> f64 {
        self.response_ms.iter().sum::<f64>() / self.response_ms.len() as f64
    }

    /// The response time in milliseconds that this share of the calls did not exceed.
    pub fn percentile_ms(&self, share: f64) -> f64 {
        percentile(&self.response_ms, share).unwrap_or(f64::NAN)
    }
}

/// So many moments that follow from a seed.
fn arrivals(arrive: Arrive, per_s: f64, seed: u64, calls: usize) -> Vec<Duration> {
    let mut random = SplitMix64::new(seed ^ 0xA551);
    let mut at = Duration::ZERO;
    let mut next = |number: usize| {
        match arrive {
            Arrive::AtRandom => at += Duration::from_secs_f64(random.exponential(1.0 / per_s)),
            Arrive::AtOnce => {}
            Arrive::Apart => at = Duration::from_secs(60) * number as u32,
        }
        at
    };
    (0..calls).map(&mut next).collect()
}

/// Plays so many calls in a world of their own, and holds each answer and what is left in the world.
///
/// # Errors
/// An answer is wrong: a [`crate::call::Wrong`]. Or calls never get one.
pub fn play<P, W, A>(
    lab: &VirtualLab<P, W, A>,
    part: P,
    case: &str,
    arrive: Arrive,
    seed: u64,
    calls: usize,
) -> Result<(Played, Arc<W>)>
where
    P: Copy,
    A: PartialEq + Debug + Send + 'static,
{
    let due = arrivals(arrive, lab.per_s, seed, calls);
    let clock = runtime(BLOCKING_THREADS)?;
    let (played, world) = clock.block_on(async {
        let world = Arc::new((lab.world)(seed));
        let (asked, begin) = split((0..calls).map(|number| (lab.call)(part, &world, number)).collect());
        let gauge = Arc::new(Gauge::default());
        let began = Instant::now();
        let calling: Vec<_> = due
            .iter()
            .zip(begin)
            .map(|(due, begin)| tokio::spawn(Arc::clone(&gauge).answered(began + *due, begin)))
            .collect();
        let (answers, response_ms) = all(calling, began + due.last().copied().unwrap_or_default() + LONGEST).await?;
        hold_all(case, &asked, &answers)?;
        let played = Played { response_ms, peak_in_flight: gauge.peak.load(Relaxed), elapsed: began.elapsed() };
        anyhow::Ok((played, world))
    })?;
    (lab.holds)(&world, case, calls)?;
    Ok((played, world))
}

/// Counts who is in flight.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Gauge {
    /// The answer to a call that arrives at this moment, and how long it took.
    async fn answered<A>(self: Arc<Self>, due: Instant, begin: impl FnOnce() -> Answering<A>) -> (A, f64) {
        sleep_until(due).await;
        let arrived = Instant::now();
        let now = self.now.fetch_add(1, Relaxed) + 1;
        self.peak.fetch_max(now, Relaxed);
        let answer = begin().await;
        self.now.fetch_sub(1, Relaxed);
        (answer, arrived.elapsed().as_secs_f64() * 1e3)
    }
}

/// All answers and how long they took. That clock jumps to the next timer whenever no task can go on, so nobody waits for the hour.
async fn all<A>(calling: Vec<JoinHandle<(A, f64)>>, latest: Instant) -> Result<(Vec<A>, Vec<f64>)> {
    let calls = calling.len();
    let (mut answers, mut response_ms) = (Vec::with_capacity(calls), Vec::with_capacity(calls));
    for call in calling {
        match timeout_at(latest, call).await {
            Ok(answered) => {
                // Nobody ends such a task, so that one without an answer has panicked: then so do we.
                let (answer, ms) = answered.map_err(JoinError::into_panic).unwrap_or_else(|panic| resume_unwind(panic));
                answers.push(answer);
                response_ms.push(ms);
            }
            Err(_) => bail!(
                "call {} of {calls} has no answer an hour after the last one came, by tokio's clock, and no task can go on: it waits for \
                 something that never happens, or for a thread of its own, which that clock does not see",
                answers.len() + 1
            ),
        }
    }
    Ok((answers, response_ms))
}
