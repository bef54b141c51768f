//! Who is kept waiting by a call: other tasks on its thread.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::Result;
use lab_harness::probe::polls::PollTimes;
use lab_harness::service;
use tokio::runtime::Runtime;
use tokio::task::yield_now;

use crate::crowd::joined;
use lab_harness::call::{Answering, Call, hold};

/// Turns that the other task wants.
const TURNS: u64 = 1_000;
/// Cheap tasks beside a call.
const CHEAP: usize = 50;

/// The polls of some calls, one after the other.
///
/// # Errors
/// Somebody was answered wrongly: a [`crate::Wrong`].
pub(crate) fn polls<A>(runtime: &Runtime, case: &str, calls: Vec<Call<A>>) -> Result<Arc<PollTimes>>
where
    A: PartialEq + Debug + Send + 'static,
{
    let polls = Arc::new(PollTimes::new());
    for Call { input, right, begin } in calls {
        let (answering, polls) = (begin(), Arc::clone(&polls));
        let answer = runtime.block_on(joined(runtime.spawn(async move { polls.time(answering).await })));
        hold(case, &input, &right, &answer)?;
    }
    Ok(polls)
}

/// How many turns, of 1,000, another task gets on a runtime with a single worker beside one call. On a busy machine the worker may be off
/// its core just then, so the best of all calls counts; a blocked worker gives none in any of them.
///
/// # Errors
/// Somebody was answered wrongly: a [`crate::Wrong`].
pub(crate) fn turns_of_others<A>(case: &str, calls: Vec<Call<A>>) -> Result<u64>
where
    A: PartialEq + Debug + Send + 'static,
{
    let single = service::runtime(1)?;
    let mut best = 0;
    for Call { input, right, begin } in calls {
        let answering = begin();
        let (turns, answer) = single.block_on(joined(single.spawn(turns_beside(answering))));
        hold(case, &input, &right, &answer)?;
        best = best.max(turns);
        if best == TURNS {
            break;
        }
    }
    Ok(best)
}

async fn turns_beside<T>(work: impl Future<Output = T> + Send) -> (u64, T) {
    let turns = Arc::new(AtomicU64::new(0));
    let working = Arc::new(AtomicBool::new(false));
    let other = tokio::spawn({
        let (turns, working) = (Arc::clone(&turns), Arc::clone(&working));
        async move {
            while turns.load(Relaxed) < TURNS {
                yield_now().await;
                if working.load(Relaxed) {
                    turns.fetch_add(1, Relaxed);
                }
            }
        }
    });
    // The other task has begun before the work does.
    yield_now().await;
    working.store(true, Relaxed);
    let done = work.await;
    working.store(false, Relaxed);
    other.abort();
    (turns.load(Relaxed), done)
}

/// Cheap tasks beside a call on a runtime with a single worker, for benches.
#[derive(Debug)]
pub struct Bystanders {
    single: Runtime,
}

impl Bystanders {
    /// Starts the runtime.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new() -> Result<Bystanders> {
        Ok(Bystanders { single: service::runtime(1)? })
    }

    /// How long fifty of them take when somebody has just begun to call.
    pub fn wait<A: Send + 'static>(&self, answering: Answering<A>) -> Duration {
        self.single.block_on(async {
            let answering = tokio::spawn(answering);
            let started = Instant::now();
            let cheap: Vec<_> = (0..CHEAP).map(|_| tokio::spawn(yield_now())).collect();
            for task in cheap {
                joined(task).await;
            }
            let waited = started.elapsed();
            // One call at a time.
            joined(answering).await;
            waited
        })
    }
}

#[cfg(test)]
mod tests {
    use lab_harness::probe::thread_cpu_time;

    use super::*;

    fn burn() {
        let until = thread_cpu_time() + Duration::from_millis(5);
        while thread_cpu_time() < until {}
    }

    fn three(begin: fn() -> Answering<bool>) -> Vec<Call<bool>> {
        (0..3).map(|_| Call { input: "work()".into(), right: true, begin: Box::new(begin) }).collect()
    }

    #[test]
    fn who_computes_between_two_awaits_keeps_its_thread_and_who_hands_it_on_does_not() {
        let blocks = || three(|| Box::pin(async { (burn(), true).1 }));
        let hands_on = || three(|| Box::pin(async { tokio::task::spawn_blocking(burn).await.is_ok() }));
        assert_eq!(turns_of_others("blocks", blocks()).unwrap(), 0);
        assert!(turns_of_others("hands on", hands_on()).unwrap() > 0);
        let pod = service::runtime(2).unwrap();
        let longest = |calls| polls(&pod, "polls", calls).unwrap().longest();
        assert!(longest(blocks()) >= Duration::from_millis(5));
        assert!(longest(hands_on()) < Duration::from_millis(5));
    }

    #[test]
    fn a_wrong_answer_ends_the_count() {
        let wrong = || three(|| Box::pin(async { false }));
        assert!(turns_of_others("wrong", wrong()).is_err());
        assert!(polls(&service::runtime(1).unwrap(), "wrong", wrong()).is_err());
    }
}
