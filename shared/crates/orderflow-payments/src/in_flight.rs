//! A gauge of work that has begun and not ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How many pieces of work are under way. Clones share the number.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    /// How many are under way right now.
    pub fn now(&self) -> usize {
        self.0.load(Relaxed)
    }

    /// Does the work, and counts it until it ends or is abandoned.
    pub async fn count<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.fetch_add(1, Relaxed);
        let _ends = Ends(&self.0);
        work.await
    }
}

/// Work that is abandoned is dropped and never returns: only a drop ends in both cases.
struct Ends<'a>(&'a AtomicUsize);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
