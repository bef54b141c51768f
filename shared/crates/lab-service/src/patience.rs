//! Nobody gives up: time passes while some wait for their answers, and they get them all the same.

use std::any::Any;
use std::fmt::Debug;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use anyhow::Result;
use lab_harness::virtual_time;
use tokio::task::{JoinError, unconstrained};

use crate::crowd::at_once;
use lab_harness::call::{Answering, Call, hold_all, split};

/// How much time passes on the runtime's clock.
const HOUR: Duration = Duration::from_secs(3_600);
/// How long they wait by the machine's clock as well, which nobody can move: longer than anybody would let a customer wait.
const MEANWHILE: Duration = Duration::from_secs(3);
/// The panic of `block_in_place` on a runtime with one thread.
const BLOCKS_IN_PLACE: &str = "can call blocking only when running on the multi-threaded runtime";

/// An hour passes on the runtime's clock while these calls wait: whoever looks at that clock to give up does it now, whatever the limit.
/// Then some seconds pass by the machine's own clock, for those who are still in a queue. The runtime has so many threads to block on.
///
/// # Errors
/// Somebody was answered wrongly: a [`crate::Wrong`].
pub(crate) fn nobody_gives_up<A>(blocking_threads: usize, case: &str, calls: Vec<Call<A>>) -> Result<()>
where
    A: PartialEq + Debug + Send + 'static,
{
    let (asked, begin) = split(calls);
    let answering: Vec<Answering<A>> = begin.into_iter().map(|begin| begin()).collect();
    let clock = virtual_time::runtime(blocking_threads)?;
    match clock.block_on(clock.spawn(an_hour_later(answering))).map_err(JoinError::into_panic) {
        Ok(answers) => hold_all(case, &asked, &answers),
        // Such a runtime does not have it: it says nothing about patience.
        Err(panic) if words(&*panic).contains(BLOCKS_IN_PLACE) => Ok(()),
        Err(panic) => resume_unwind(panic),
    }
}

/// A call that waits for somebody else. Once that one is asked, this much time passes on the runtime's clock, so that it takes none; then
/// `open` lets the other one answer. Returns the call's answer, and how long it took by that clock. Only on a runtime with one thread.
pub async fn while_time_passes<A>(
    call: impl Future<Output = A>,
    is_asked: impl Future<Output = ()>,
    long: Duration,
    open: impl FnOnce(),
) -> (A, Duration) {
    let began = tokio::time::Instant::now();
    let mut call = std::pin::pin!(call);
    let time_passes = async {
        is_asked.await;
        tokio::time::pause();
        tokio::time::advance(long.saturating_sub(began.elapsed())).await;
        tokio::time::resume();
    };
    let answer = tokio::select! {
        biased;
        answer = &mut call => answer,
        () = time_passes => {
            open();
            call.await
        }
    };
    (answer, began.elapsed())
}

async fn an_hour_later<A>(answering: Vec<Answering<A>>) -> Vec<A> {
    let mut all = Box::pin(unconstrained(at_once(answering)));
    if let Poll::Ready(answers) = poll_once(&mut all).await {
        return answers;
    }
    tokio::time::advance(HOUR).await;
    // Whoever gives up by that clock does it before their work is through.
    if let Poll::Ready(answers) = poll_once(&mut all).await {
        return answers;
    }
    std::thread::sleep(MEANWHILE);
    all.await
}

async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context))).await
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> &str {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::runtime::Builder;
    use tokio::sync::Semaphore;
    use tokio::task::{block_in_place, spawn_blocking};
    use tokio::time::timeout;

    use super::*;
    use crate::Wrong;

    /// People of whom each has this much work to be done, rightly answered with true.
    fn six(begin: fn() -> Answering<bool>) -> Result<()> {
        let calls = (0..6).map(|_| Call { input: "served()".into(), right: true, begin: Box::new(begin) });
        nobody_gives_up(2, "an hour passes", calls.collect())
    }

    async fn honest() -> bool {
        spawn_blocking(|| std::thread::sleep(Duration::from_millis(15))).await.is_ok()
    }

    fn gives_up(begin: fn() -> Answering<bool>) -> bool {
        six(begin).is_err_and(|error| error.downcast::<Wrong>().is_ok())
    }

    #[test]
    fn whoever_answers_everybody_passes() {
        six(|| Box::pin(honest())).unwrap();
    }

    #[test]
    fn a_limit_of_time_turns_people_away_however_long_it_is() {
        async fn impatient() -> bool {
            timeout(Duration::from_secs(600), honest()).await.unwrap_or(false)
        }
        assert!(gives_up(|| Box::pin(impatient())));
    }

    #[test]
    fn a_limit_by_the_machines_clock_turns_people_away() {
        static FREE_CORES: Semaphore = Semaphore::const_new(2);
        async fn impatient() -> bool {
            let since = Instant::now();
            let _core = FREE_CORES.acquire().await.expect("nobody closes the semaphore");
            if since.elapsed() > Duration::from_secs(2) { false } else { honest().await }
        }
        assert!(gives_up(|| Box::pin(impatient())));
    }

    #[test]
    #[should_panic(expected = "two seconds")]
    fn a_limit_that_panics_is_a_panic() {
        async fn panics() -> bool {
            timeout(Duration::from_secs(2), honest()).await.expect("nobody waits two seconds")
        }
        let _ = six(|| Box::pin(panics()));
    }

    #[test]
    fn a_wait_that_nobody_abandons_takes_its_time_on_the_runtimes_clock_only() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let wait = |limit: u64| {
            let (open, opened) = tokio::sync::oneshot::channel::<()>();
            let call = async { timeout(Duration::from_secs(limit), opened).await.is_ok() };
            let passed = while_time_passes(call, async {}, Duration::from_secs(7), || drop(open));
            runtime.block_on(passed)
        };
        let began = Instant::now();
        let (is_answered, waited) = wait(8);
        assert!(is_answered && waited >= Duration::from_secs(7) && began.elapsed() < Duration::from_secs(5));
        assert!(!wait(2).0, "whoever gives up after two seconds does it now");
    }

    #[test]
    fn whoever_blocks_in_place_or_has_a_task_do_it_has_not_given_up() {
        async fn blocks() -> bool {
            block_in_place(|| true)
        }
        async fn has_a_task() -> bool {
            tokio::spawn(blocks()).await.expect("an answer")
        }
        six(|| Box::pin(blocks())).unwrap();
        six(|| Box::pin(has_a_task())).unwrap();
    }
}
