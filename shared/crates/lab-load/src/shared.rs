//! What the customers of a run share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore};

use crate::connections::Connections;
use crate::records::Records;
use crate::{LoadError, Report, Target};

/// What the customers of a run share.
pub(crate) struct Shared {
    pub(crate) connections: Connections,
    pub(crate) authority: String,
    pub(crate) places: Arc<Semaphore>,
    pub(crate) timeout: Duration,
    pub(crate) seed: u64,
    records: Mutex<Records>,
    iterations: Arc<AtomicU64>,
    /// Customers who have come and not left.
    here: AtomicU64,
    all_have_come: AtomicBool,
    panicked: AtomicBool,
    nobody_left: Notify,
}

impl Shared {
    pub(crate) fn new(
        target: Target,
        steps: impl IntoIterator<Item = String>,
        places: usize,
        timeout: Duration,
        seed: u64,
        iterations: Arc<AtomicU64>,
    ) -> Self {
        Self {
            connections: Connections::new(target.address()),
            authority: target.authority,
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            timeout,
            seed,
            records: Mutex::new(Records::new(steps)),
            iterations,
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

    /// Waits until everybody has left; nobody comes any more.
    pub(crate) async fn wait_for_the_last(&self) {
        self.all_have_come.store(true, Relaxed);
        if self.here.load(Relaxed) > 0 {
            self.nobody_left.notified().await;
        }
    }

    /// What came of it until now.
    pub(crate) fn report(&self, start: Instant) -> Result<Report, LoadError> {
        if self.panicked.load(Relaxed) {
            return Err(LoadError::ScenarioPanicked);
        }
        Ok(self.records().report(start, Instant::now()))
    }
}

/// A customer who has come and not left, however the iteration ends: by a panic of the scenario too.
pub(crate) struct Here(Arc<Shared>);

impl Here {
    pub(crate) fn come(shared: &Arc<Shared>) -> Self {
        shared.here.fetch_add(1, Relaxed);
        Self(Arc::clone(shared))
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
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
