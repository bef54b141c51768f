//! Many callers in the same moment.

use std::fmt::Debug;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::task::Poll;

use anyhow::Result;
use lab_harness::probe::allocations;
use tokio::runtime::Runtime;
use tokio::task::{JoinError, JoinHandle, unconstrained};

use lab_harness::call::{Answering, Call, hold_all, split};

/// All of them call in one moment, and each gets the right answer. They have all begun before the first one can be through, so that
/// whoever counts those in front finds the whole crowd.
///
/// # Errors
/// Somebody was answered wrongly: a [`crate::Wrong`].
pub(crate) fn all_at_once<A>(runtime: &Runtime, case: &str, calls: Vec<Call<A>>) -> Result<()>
where
    A: PartialEq + Debug + Send + 'static,
{
    let (asked, begin) = split(calls);
    let answering = begin.into_iter().map(|begin| begin()).collect();
    let answers = runtime.block_on(joined(runtime.spawn(unconstrained(at_once(answering)))));
    hold_all(case, &asked, &answers)
}

/// The most bytes that are held at once while all of them are answered, each by a task of its own.
///
/// # Errors
/// Somebody was answered wrongly: a [`crate::Wrong`].
pub(crate) fn peak_at_once<A>(runtime: &Runtime, case: &str, calls: Vec<Call<A>>) -> Result<u64>
where
    A: PartialEq + Debug + Send + 'static,
{
    let (asked, begin) = split(calls);
    let (answers, allocated) =
        allocations::count(|| runtime.block_on(in_tasks(begin.into_iter().map(|begin| begin()))));
    hold_all(case, &asked, &answers)?;
    Ok(allocated.peak_bytes)
}

/// The answers of all of these, each in a task of its own; all are asked for before the first one is awaited. A task that panics is a
/// panic.
async fn in_tasks<F>(all: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let all: Vec<_> = all.into_iter().map(|answering| tokio::spawn(answering)).collect();
    let mut answers = Vec::with_capacity(all.len());
    for answering in all {
        answers.push(joined(answering).await);
    }
    answers
}

/// What a task of ours has found. Nobody ends such a task, so that one without a result has panicked: then so do we, and the run ends as it
/// does where a service crashes.
pub(crate) async fn joined<T>(task: JoinHandle<T>) -> T {
    task.await.map_err(JoinError::into_panic).unwrap_or_else(|panic| resume_unwind(panic))
}

/// All answers, in order; the first of them is asked for again only when each was asked for once.
pub(crate) async fn at_once<A>(answering: Vec<Answering<A>>) -> Vec<A> {
    let mut answers: Vec<Option<A>> = answering.iter().map(|_| None).collect();
    let mut waiting: Vec<(usize, Answering<A>)> = answering.into_iter().enumerate().collect();
    poll_fn(|context| {
        waiting.retain_mut(|(place, answering)| match answering.as_mut().poll(context) {
            Poll::Ready(answer) => {
                answers[*place] = Some(answer);
                false
            }
            Poll::Pending => true,
        });
        if waiting.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use lab_harness::results::Record;
    use lab_harness::service;
    use tokio::task::yield_now;

    use super::*;
    use crate::Wrong;

    /// A queue that takes this many people.
    async fn queue(in_front: &AtomicUsize, places: usize) -> bool {
        let is_in = in_front.fetch_add(1, SeqCst) < places;
        yield_now().await;
        in_front.fetch_sub(1, SeqCst);
        is_in
    }

    fn crowd(people: usize, queue: fn() -> Answering<bool>) -> Vec<Call<bool>> {
        (0..people).map(|_| Call { input: "queue()".into(), right: true, begin: Box::new(queue) }).collect()
    }

    #[test]
    fn a_queue_with_an_end_turns_people_away_however_long_it_is() {
        static IN_FRONT: AtomicUsize = AtomicUsize::new(0);
        let pod = service::runtime(2).unwrap();
        let short = || -> Answering<bool> { Box::pin(queue(&IN_FRONT, 256)) };
        all_at_once(&pod, "few", crowd(256, short)).unwrap();
        let wrong = all_at_once(&pod, "many", crowd(257, short)).unwrap_err().downcast::<Wrong>().unwrap().0;
        assert!(matches!(wrong, Record::Wrong { case, expected, .. } if case == "many" && expected == "true"));
    }

    #[test]
    fn the_memory_of_all_is_held_at_once_and_an_answer_is_still_read() {
        async fn holds() -> bool {
            let held = vec![1_u8; 1 << 20];
            yield_now().await;
            held[7] == 1
        }
        let pod = service::runtime(1).unwrap();
        let peak = peak_at_once(&pod, "all", crowd(8, || Box::pin(holds()))).unwrap();
        // Other tests give a little of theirs back meanwhile.
        assert!(peak >= 7 << 20, "{peak}");
        assert!(peak_at_once(&pod, "none", crowd(2, || Box::pin(async { false }))).is_err());
    }

    #[test]
    #[should_panic(expected = "nobody is served")]
    fn a_panic_is_a_panic() {
        async fn panics() -> bool {
            panic!("nobody is served")
        }
        let _ = all_at_once(&service::runtime(1).unwrap(), "all", crowd(2, || Box::pin(panics())));
    }
}
