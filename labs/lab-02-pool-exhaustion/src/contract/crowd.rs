//! Many customers in the same moment, at a shop with a single connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Result, anyhow};
use lab_harness::{MachineTrouble, store};
use orderflow::Order;
use orderflow_payments::{Provider, Reply, answering};
use orderflow_store::{Backend, PoolSettings, connect};
use sqlx::AnyPool;
use sqlx::any::AnyConnectOptions;
use tokio::time::{Instant, sleep};

use super::rig::{Rig, cancelled, paid};
use super::{Checkout, Refusal, orders};

/// Customers who come in the same moment: more than any limit that somebody would put on payments under way.
pub(super) const CROWD: usize = 150;
/// How long a customer of the crowd waits for the only connection: longer than a busy machine takes for all of them.
const LONG: Duration = Duration::from_secs(60);
/// How often the bank looks at the shop's connection while it waits for the crowd.
const GLANCE: Duration = Duration::from_millis(1);
/// Glances without a new arrival after which the bank waits no longer: nobody can come, because a payment holds the connection. The
/// bank counts glances and not seconds, because a busy machine delays both the glances and the customers.
const NOBODY_COMES: u32 = 700;
/// Glances at a free connection, with customers still to come, after which the bank waits no longer. Those who do not hold a
/// connection and are not at the bank wait for something else, such as a limit on payments under way.
const NOBODY_NEEDS_IT: u32 = 200;

/// What became of a crowd that paid.
pub(super) struct Paid {
    /// Calls to the gateway during which the shop never let go of its connection.
    pub(super) holding: u64,
    /// Most calls to the gateway at the same time.
    pub(super) at_once: u64,
    /// Customers who were refused, or whose payment is not charged once, saved and in the audit log.
    pub(super) not_served: u64,
}

/// All of them pay at once. The bank answers when everybody is there, or when it is plain that not everybody comes.
pub(super) fn pay(checkout: Checkout, rig: &Rig, orders: &[Order]) -> Result<Paid> {
    let runtime = lab_harness::service::runtime(1)?;
    let pool = runtime.block_on(closed_pool(&rig.url, LONG))?;
    let bank = Arc::new(Bank { customers: orders.len() as u64, pool: pool.clone(), seen: Seen::default() });
    let called = Arc::clone(&bank);
    let calls = answering(move |_| {
        let called = Arc::clone(&called);
        async move { called.call().await }
    });
    let provider = Provider::open(runtime.handle(), calls)?;
    let gateway = provider.gateway();
    runtime.spawn(Arc::clone(&bank).watch());
    let answers = runtime.block_on(at_once(orders, |reference| {
        let (pool, gateway) = (pool.clone(), gateway.clone());
        async move { (checkout.pay)(&pool, &gateway, &reference).await }
    }))?;
    let not_served = not_served(orders, &answers, &rig.states(orders, &provider)?, paid);
    Ok(Paid { holding: bank.seen.holding.load(Relaxed), at_once: bank.seen.most.load(Relaxed), not_served })
}

/// All of them cancel at once. How many were refused, or their cancellation is not saved and in the audit log.
pub(super) fn cancel(checkout: Checkout, rig: &Rig, orders: &[Order]) -> Result<u64> {
    let runtime = lab_harness::service::runtime(1)?;
    let pool = runtime.block_on(closed_pool(&rig.url, LONG))?;
    let answers = runtime.block_on(at_once(orders, |reference| {
        let pool = pool.clone();
        async move { (checkout.cancel)(&pool, &reference).await }
    }))?;
    Ok(not_served(orders, &answers, &rig.states(orders, &rig.provider)?, cancelled))
}

/// The answers to requests that are all made before the first one is awaited.
async fn at_once<F>(orders: &[Order], request: impl Fn(String) -> F) -> Result<Vec<Result<(), Refusal>>>
where
    F: Future<Output = Result<(), Refusal>> + Send + 'static,
{
    let requests: Vec<_> = orders.iter().map(|order| tokio::spawn(request(order.reference.clone()))).collect();
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        // Nobody ends these tasks, so that one that failed has panicked; the runtime has reported where.
        let answer = request.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        answers.push(blame_the_disk(answer)?);
    }
    Ok(answers)
}

fn not_served(
    orders: &[Order],
    answers: &[Result<(), Refusal>],
    states: &[String],
    right: fn(&Order) -> String,
) -> u64 {
    let served = orders.iter().zip(answers).zip(states);
    served.filter(|((order, answer), state)| answer.is_err() || **state != right(order)).count() as u64
}

/// An answer for which the shop is responsible; a full disk is nobody's fault here, and ends the count.
pub(super) fn blame_the_disk(answer: Result<(), Refusal>) -> Result<Result<(), Refusal>> {
    match answer {
        // A connection to the address of [`closed_pool`], which leads nowhere: more than the shop's one connection was asked for.
        Err(Refusal::Database(sqlx::Error::Io(error))) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(Err(sqlx::Error::Io(error).into()))
        }
        Err(Refusal::Database(error)) => Ok(Err(store::of_the_database(error)?.into())),
        answer => Ok(answer),
    }
}

/// A bank that answers when the whole crowd is there.
struct Bank {
    customers: u64,
    pool: AnyPool,
    seen: Seen,
}

/// What the bank has seen of its calls.
#[derive(Default)]
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

impl Bank {
    /// The pool was filled before, so what is not idle is held by somebody, whether the pool knows of it or not. A connection that
    /// was let go is handed back by a task of its own: that is why everybody here looks more than once.
    fn is_connection_free(&self) -> bool {
        self.pool.num_idle() == 1
    }

    /// Decides when the bank answers.
    async fn watch(self: Arc<Bank>) {
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

/// A pool with one connection that is open already. Nobody gets another one, not from the pool and not past it: its address
/// leads nowhere from now on.
pub(super) async fn closed_pool(url: &str, acquire_timeout: Duration) -> Result<AnyPool> {
    let settings = PoolSettings { max_connections: 1, min_connections: 1, acquire_timeout };
    let pool = connect(url, &settings).await?;
    // Of the same kind of database: a transaction asks which one it begins in.
    let nowhere = match Backend::of_url(url)? {
        Backend::Sqlite => "sqlite:///there-is-no-such-folder/orderflow.db?mode=ro",
        Backend::Postgres => "postgres://nobody@localhost/orderflow?host=/there-is-no-such-folder",
    };
    pool.set_connect_options(nowhere.parse::<AnyConnectOptions>()?);
    let until = Instant::now() + LONG;
    // Until here no code under test has run.
    while pool.num_idle() != 1 {
        if Instant::now() >= until {
            return Err(anyhow!("the pool's only connection did not become free").context(MachineTrouble));
        }
        sleep(GLANCE).await;
    }
    match orders::find(&pool, "").await {
        Err(Refusal::UnknownOrder) => Ok(pool),
        found => Err(anyhow!("the pool does not work: {found:?}").context(MachineTrouble)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn who_wants_a_second_connection_is_refused_and_a_server_that_went_away_is_the_machines_trouble() {
        let answer = |kind: ErrorKind| blame_the_disk(Err(Refusal::Database(sqlx::Error::Io(Error::from(kind)))));
        assert!(answer(ErrorKind::NotFound).is_ok_and(|answer| answer.is_err()));
        let gone = answer(ErrorKind::ConnectionReset).unwrap_err();
        assert!(gone.downcast_ref::<lab_harness::MachineTrouble>().is_some(), "{gone:#}");
    }
}
