//! How long a future keeps its thread in one poll. Measured in CPU time, because the wall time of a poll says more about the
//! machine's other programs than about the future.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::thread_cpu_time;

/// Poll times of all futures that were wrapped with it. Shared by reference; all methods take `&self`.
#[derive(Debug, Default)]
pub struct PollTimes {
    polls: AtomicU64,
    busy_ns: AtomicU64,
    longest_ns: AtomicU64,
}

impl PollTimes {
    /// Nothing polled yet; usable as a `static`.
    pub const fn new() -> Self {
        PollTimes { polls: AtomicU64::new(0), busy_ns: AtomicU64::new(0), longest_ns: AtomicU64::new(0) }
    }

    /// Times every poll of `future`, which completes as it would have without.
    pub fn time<F: Future>(&self, future: F) -> Timed<'_, F> {
        Timed { future: Box::pin(future), times: self }
    }

    /// How many polls there were.
    pub fn polls(&self) -> u64 {
        self.polls.load(Relaxed)
    }

    /// CPU time of all polls.
    pub fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy_ns.load(Relaxed))
    }

    /// CPU time of the longest poll.
    pub fn longest(&self) -> Duration {
        Duration::from_nanos(self.longest_ns.load(Relaxed))
    }
}

/// A future whose polls are timed; made by [`PollTimes::time`].
pub struct Timed<'a, F> {
    future: Pin<Box<F>>,
    times: &'a PollTimes,
}

impl<F: Future> Future for Timed<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let before = thread_cpu_time();
        let result = self.future.as_mut().poll(context);
        let spent = (thread_cpu_time() - before).as_nanos() as u64;
        self.times.polls.fetch_add(1, Relaxed);
        self.times.busy_ns.fetch_add(spent, Relaxed);
        self.times.longest_ns.fetch_max(spent, Relaxed);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn counts_polls_and_the_cpu_time_of_the_longest() {
        let times = PollTimes::new();
        let mut first = true;
        let mut future = times.time(std::future::poll_fn(|_| {
            if std::mem::take(&mut first) {
                return Poll::Pending;
            }
            let until = thread_cpu_time() + Duration::from_millis(5);
            while thread_cpu_time() < until {}
            Poll::Ready(())
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut future).poll(&mut context).is_pending());
        assert!(Pin::new(&mut future).poll(&mut context).is_ready());
        assert_eq!(times.polls(), 2);
        assert!(times.longest() >= Duration::from_millis(5));
        assert!(times.busy() >= times.longest());
    }
}
