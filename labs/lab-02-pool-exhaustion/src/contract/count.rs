//! Deterministic counts of who holds a connection when, taken in this process with pools of a single connection.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::StatusCode;
use lab_harness::results::{Counts, Record};
use lab_harness::{Run, emit};
use orderflow::Order;
use orderflow_store::{PoolSettings, connect};
use sqlx::AnyPool;
use sqlx::any::AnyConnectOptions;
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use super::orders::{CANCELLED, PAID};
use super::provider::{Answering, Provider, accepting_after};
use super::rig::{Rig, state};
use super::{Checkout, Refusal};

/// Customers who pay at the same time.
const CUSTOMERS: usize = 4;
/// How long the gateway waits for all of them to arrive, and for the shop to let go of its connection. Who does not hold
/// it needs a few milliseconds.
const RENDEZVOUS: Duration = Duration::from_millis(1_000);
/// How long a request waits for the only connection when nobody else wants it. On a busy machine a ping takes its time.
const PATIENCE: Duration = Duration::from_millis(600);

/// Counts what the gates are declared on.
pub(super) fn count(checkout: Checkout, run: &Run) -> Result<()> {
    emit(&Record::Case { name: "payments and cancellations with one connection in the pool".into() });
    let rig = Rig::lease(run.seed, CUSTOMERS + 5, accepting_after(Duration::ZERO))?;
    let (at_once, one_by_one) = rig.orders.split_at(CUSTOMERS);
    // Both wait most of the time, on databases and pools that they do not share.
    let (calls, singles) = std::thread::scope(|scope| {
        let calls = scope.spawn(|| gateway_calls(checkout, &rig, at_once));
        let singles = alone(checkout, &rig, one_by_one);
        (calls.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), singles)
    });
    let (calls, singles) = (calls?, singles?);
    let counts = Counts::from([
        ("gateway_calls_holding_connection".into(), calls.holding as f64),
        ("gateway_calls_at_once".into(), calls.at_once as f64),
        ("cancels_failed_with_one_connection".into(), singles.cancels_failed as f64),
        ("pays_failed_with_one_connection".into(), singles.pays_failed as f64),
        ("answers_before_saved".into(), singles.before_saved as f64),
    ]);
    emit(&Record::Counts { size: CUSTOMERS as u64, counts });
    Ok(())
}

/// What the gateway saw of the shop's connections.
struct GatewayCalls {
    holding: u64,
    at_once: u64,
}

/// All of them pay at once. The gateway answers when everybody is there and the shop holds nothing, or when it is tired of
/// waiting. A call during which the shop never let go of its connection was made holding it.
fn gateway_calls(checkout: Checkout, rig: &Rig, orders: &[Order]) -> Result<GatewayCalls> {
    let runtime = lab_harness::service::runtime(1)?;
    let pool = runtime.block_on(closed_pool(rig.url(), Duration::from_secs(30)))?;
    let seen = Arc::new(Seen::default());
    let provider = Provider::open(runtime.handle(), rendezvous(pool.clone(), Arc::clone(&seen)))?;
    let gateway = super::Gateway::at(provider.address);
    runtime.block_on(async {
        let paying: Vec<_> = orders
            .iter()
            .map(|order| {
                let (pool, gateway, reference) = (pool.clone(), gateway.clone(), order.reference.clone());
                tokio::spawn(async move { (checkout.pay)(&pool, &gateway, &reference).await })
            })
            .collect();
        for paid in paying {
            // A panic was reported by the runtime already; answers are the other counts' business.
            let _ = paid.await;
        }
    });
    Ok(GatewayCalls { holding: seen.holding.load(Relaxed), at_once: seen.most.load(Relaxed) })
}

#[derive(Default)]
struct Seen {
    under_way: AtomicU64,
    most: AtomicU64,
    holding: AtomicU64,
    until: OnceLock<Instant>,
}

fn rendezvous(pool: AnyPool, seen: Arc<Seen>) -> Answering {
    Arc::new(move |_| {
        let (pool, seen) = (pool.clone(), Arc::clone(&seen));
        Box::pin(async move {
            let now = seen.under_way.fetch_add(1, Relaxed) + 1;
            seen.most.fetch_max(now, Relaxed);
            // The first one to come decides how long all of them wait.
            let until = *seen.until.get_or_init(|| Instant::now() + RENDEZVOUS);
            let mut held = true;
            loop {
                // The pool was filled before, so what is not idle is held by somebody, whether the pool knows of it or not. A
                // connection that was let go is handed back by a task of its own: that is why we ask more than once.
                held &= pool.num_idle() != 1;
                let all_here = seen.most.load(Relaxed) == CUSTOMERS as u64;
                if (all_here && !held) || Instant::now() >= until {
                    break;
                }
                sleep(Duration::from_millis(1)).await;
            }
            seen.holding.fetch_add(held.into(), Relaxed);
            seen.under_way.fetch_sub(1, Relaxed);
            StatusCode::OK
        })
    })
}

/// What became of requests that had the shop to themselves.
#[derive(Default)]
struct Singles {
    cancels_failed: u64,
    pays_failed: u64,
    before_saved: u64,
}

/// One request at a time, on a runtime that stands still between them: what a request left to a task of its own, to be done
/// later, is not done when we look.
fn alone(checkout: Checkout, rig: &Rig, orders: &[Order]) -> Result<Singles> {
    let runtime = Builder::new_current_thread().enable_all().build().context("Failed to start a runtime")?;
    let pool = runtime.block_on(closed_pool(rig.url(), PATIENCE))?;
    let gateway = rig.gateway();
    let mut singles = Singles::default();
    for order in &orders[..2] {
        let answer = runtime.block_on((checkout.pay)(&pool, &gateway, &order.reference));
        let saved = state(&order.reference, PAID, &["paid"], &[order.total().0]);
        singles.pays_failed += u64::from(answer.is_err());
        singles.before_saved += u64::from(answer.is_ok() && rig.state(order)? != saved);
    }
    for order in &orders[2..4] {
        let answer = runtime.block_on((checkout.cancel)(&pool, &order.reference));
        let saved = state(&order.reference, CANCELLED, &["cancelled"], &[]);
        singles.cancels_failed += u64::from(answer.is_err());
        singles.before_saved += u64::from(answer.is_ok() && rig.state(order)? != saved);
    }
    Ok(singles)
}

/// A pool with one connection that is open already. Nobody gets another one, not from the pool and not past it: its address
/// leads nowhere from now on.
async fn closed_pool(url: &str, acquire_timeout: Duration) -> Result<AnyPool> {
    let settings = PoolSettings { max_connections: 1, min_connections: 1, acquire_timeout };
    let pool = connect(url, &settings).await?;
    pool.set_connect_options("sqlite:///there-is-no-such-folder/orderflow.db?mode=ro".parse::<AnyConnectOptions>()?);
    let until = Instant::now() + Duration::from_secs(5);
    while pool.num_idle() != 1 {
        if Instant::now() >= until {
            bail!("the pool's only connection did not become free");
        }
        sleep(Duration::from_millis(1)).await;
    }
    match orders_reachable(&pool).await {
        Ok(()) => Ok(pool),
        Err(refusal) => bail!("the pool does not work: {refusal}"),
    }
}

async fn orders_reachable(pool: &AnyPool) -> Result<(), Refusal> {
    let mut connection = pool.acquire().await?;
    match super::orders::find(&mut *connection, "").await {
        Err(Refusal::UnknownOrder) => Ok(()),
        other => other.map(drop),
    }
}
