//! A bank that watches who holds the shop's only connection while it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use orderflow_payments::{Answering, Reply, answering};
use sqlx::AnyPool;
use tokio::time::sleep;

/// How often the bank looks at the shop's connection while it waits for the crowd.
const GLANCE: Duration = Duration::from_millis(1);
/// Glances without a new arrival after which the bank waits no longer: nobody can come, because a payment holds the connection. The
/// bank counts glances and not seconds, because a busy machine delays both the glances and the customers.
const NOBODY_COMES: u32 = 700;
/// Glances at a free connection, with customers still to come, after which the bank waits no longer. Those who do not hold a
/// connection and are not at the bank wait for something else, such as a limit on payments under way.
const NOBODY_NEEDS_IT: u32 = 200;

/// A bank that answers when a whole crowd of customers is there, or when it is plain that not everybody comes.
#[derive(Debug)]
pub struct CrowdsBank {
    customers: u64,
    /// Of the shop: a [`orderflow_store::closed_pool`].
    pool: AnyPool,
    seen: Seen,
}

/// What the bank has seen of its calls.
#[derive(Debug, Default)]
struct Seen {
    /// From now on it answers at once.
    answers: AtomicBool,
    /// The connection was seen free while the whole crowd was there: nobody holds it.
    all_let_go: AtomicBool,
    /// A call that waited for the crowd never saw the connection free.
    somebody_holds: AtomicBool,
    under_way: AtomicU64,
    most: AtomicU64,
    holding: AtomicU64,
}

impl CrowdsBank {
    /// A bank that waits for so many customers of the shop with this pool.
    pub fn new(customers: usize, pool: AnyPool) -> Arc<CrowdsBank> {
        Arc::new(CrowdsBank { customers: customers as u64, pool, seen: Seen::default() })
    }

    /// How it decides.
    pub fn answering(self: &Arc<CrowdsBank>) -> Answering {
        let called = Arc::clone(self);
        answering(move |_| {
            let called = Arc::clone(&called);
            async move { called.call().await }
        })
    }

    /// Calls during which the shop never let go of its connection.
    pub fn calls_holding(&self) -> u64 {
        self.seen.holding.load(Relaxed)
    }

    /// Most calls at the same time.
    pub fn calls_at_once(&self) -> u64 {
        self.seen.most.load(Relaxed)
    }

    /// Decides when the bank answers. To be spawned before the crowd comes.
    pub async fn watch(self: Arc<CrowdsBank>) {
        let (mut without_arrival, mut without_need, mut before) = (0, 0, 0);
        loop {
            sleep(GLANCE).await;
            let (here, is_free) = (self.seen.under_way.load(Relaxed), self.is_connection_free());
            let is_complete = here == self.customers;
            if is_complete && is_free {
                self.seen.all_let_go.store(true, Relaxed);
                break;
            }
            without_arrival = if here == before { without_arrival + 1 } else { 0 };
            without_need += u32::from(is_free);
            before = here;
            if without_arrival >= NOBODY_COMES || without_need >= NOBODY_NEEDS_IT {
                break;
            }
        }
        self.seen.answers.store(true, Relaxed);
    }

    /// The pool was filled before, so what is not idle is held by somebody, whether the pool knows of it or not. A connection that
    /// was let go is handed back by a task of its own: that is why everybody here looks more than once.
    fn is_connection_free(&self) -> bool {
        self.pool.num_idle() == 1
    }

    /// A call to the bank.
    async fn call(&self) -> Reply {
        let now = self.seen.under_way.fetch_add(1, Relaxed) + 1;
        self.seen.most.fetch_max(now, Relaxed);
        let comes_late = self.seen.answers.load(Relaxed);
        let mut held = !self.is_connection_free();
        while !self.seen.answers.load(Relaxed) {
            sleep(GLANCE).await;
            held &= !self.is_connection_free();
        }
        if comes_late {
            // It has no time to see whether the connection is let go. Payments are all alike: it holds one if those before it did.
            held &= self.seen.somebody_holds.load(Relaxed);
        } else {
            held &= !self.seen.all_let_go.load(Relaxed);
            self.seen.somebody_holds.fetch_or(held, Relaxed);
        }
        self.seen.holding.fetch_add(held.into(), Relaxed);
        self.seen.under_way.fetch_sub(1, Relaxed);
        Reply::Accepted
    }
}
