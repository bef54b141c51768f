//! A database with orders that wait to be paid, and a payment gateway: what the shop stands between.

use std::any::Any;
use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use lab_harness::database::lease;
use lab_harness::service::{self, Launch};
use lab_harness::{MachineTrouble, Run, store};
use orderflow::Order;
use orderflow_payments::{Answering, Provider};
use orderflow_store::{Backend, PoolSettings, Scale, connect, migrate, seed};
use sqlx::{AnyPool, AssertSqlSafe};
use tokio::runtime::Runtime;

use super::server::{DATABASE, GATEWAY};

/// Orders in the database.
pub(super) const ORDERS: usize = 420;
/// Orders of a shop that is started by hand. Each can be paid once, so they have to last for minutes of load.
pub(super) const ORDERS_BY_HAND: usize = 20_000;

/// How long our own statements wait for a connection. Nobody else wants one, but the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// The surroundings of one run. Fields are dropped in this order: the database goes last.
pub(super) struct Rig {
    /// For looking at what the shop has saved. The shop's own pool is another one.
    pub(super) pool: AnyPool,
    pub(super) provider: Provider,
    /// Seeded orders, all of them pending.
    pub(super) orders: Vec<Order>,
    pub(super) runtime: Runtime,
    /// Where the database is.
    pub(super) url: String,
    _database: Holder,
}

/// Removes the database when it is dropped.
type Holder = Box<dyn Any + Send + Sync>;

/// What is seeded: the first of these orders has id 1.
pub(super) fn scale(seed: u64, orders: usize) -> Scale {
    Scale { seed, orders, customers: 200, products: 100 }
}

impl Rig {
    /// On a database that a janitor removes, however this program ends.
    pub(super) fn lease(seed: u64, orders: usize, answering: Answering) -> Result<Rig> {
        let database = lease(Backend::from_env()?)?;
        Rig::on(database.url.clone(), Box::new(database), seed, orders, answering)
    }

    /// On the database at this URL, which is empty. No code of a learner's has run so far: what fails here is the machine's.
    pub(super) fn on(url: String, holder: Holder, number: u64, orders: usize, answering: Answering) -> Result<Rig> {
        let runtime = service::runtime(1)?;
        let settings = PoolSettings { max_connections: 2, min_connections: 0, acquire_timeout: PATIENCE };
        let stocked = runtime.block_on(async {
            let pool = connect(&url, &settings).await?;
            migrate(&pool).await?;
            let orders = seed(&pool, &scale(number, orders)).await?;
            anyhow::Ok((pool, orders))
        });
        let (pool, orders) = stocked.context(MachineTrouble)?;
        let provider = Provider::open(runtime.handle(), answering)?;
        let rig = Rig { pool, provider, orders, runtime, url, _database: holder };
        rig.make_pending()?;
        Ok(rig)
    }

    /// The run's subject, between this database and this gateway.
    pub(super) fn launch(&self, run: &Run) -> Launch {
        Launch::new(run).env(DATABASE, &self.url).env(GATEWAY, &self.provider.address().to_string())
    }

    /// Nobody has paid any order, nor cancelled one, and nothing is known of those who did.
    pub(super) fn make_pending(&self) -> Result<()> {
        self.provider.close_the_books();
        self.execute("UPDATE orders SET status = 'pending'; DELETE FROM audit_log".into())
    }

    /// Runs statements of our own.
    pub(super) fn execute(&self, sql: String) -> Result<()> {
        self.run(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool)).map(drop)
    }

    fn run<T>(&self, statements: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T> {
        let done = self.runtime.block_on(statements).context("Failed to look at what the shop has saved");
        done.map_err(store::or_the_machines)
    }

    /// What is known of these orders, in words, where this gateway was asked.
    pub(super) fn states(&self, orders: &[Order], provider: &Provider) -> Result<Vec<String>> {
        let rows = sqlx::query_as(
            "SELECT o.reference, o.status, COALESCE(a.action, '') FROM orders o LEFT JOIN audit_log a ON a.order_id = o.id
             ORDER BY o.id, a.id",
        );
        let rows: Vec<(String, String, String)> = self.run(rows.fetch_all(&self.pool))?;
        let mut saved: HashMap<&str, (&str, Vec<&str>)> = HashMap::new();
        for (reference, status, action) in &rows {
            let (_, audit) = saved.entry(reference).or_insert((status, Vec::new()));
            audit.extend(Some(action.as_str()).filter(|action| !action.is_empty()));
        }
        let charged = provider.charged();
        let states = orders.iter().map(|order| {
            let reference = order.reference.as_str();
            let (status, audit) = saved.get(reference).cloned().unwrap_or(("not in the database", Vec::new()));
            state(order, status, &audit, charged.get(reference).map_or(&[], Vec::as_slice))
        });
        Ok(states.collect())
    }

    /// Payments that are saved, that are in the audit log, and that were charged.
    pub(super) fn payments(&self) -> Result<[u64; 3]> {
        let counts = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM orders WHERE status = 'paid'), (SELECT COUNT(*) FROM audit_log WHERE action = 'paid')",
        );
        let (paid, recorded): (i64, i64) = self.run(counts.fetch_one(&self.pool))?;
        let charged: usize = self.provider.charged().values().map(Vec::len).sum();
        Ok([paid as u64, recorded as u64, charged as u64])
    }
}

/// An order's state in words: its status, its entries in the audit log, the cents of each charge.
fn state(order: &Order, status: &str, audit: &[&str], charged: &[i64]) -> String {
    format!("{} is {status}, audit log {audit:?}, cents charged {charged:?}", order.reference)
}

/// The same, of an order whose card was charged its total so many times.
pub(super) fn is(order: &Order, status: &str, audit: &[&str], charges: usize) -> String {
    state(order, status, audit, &vec![order.total().0; charges])
}

/// The state of an order that was paid, and charged once.
pub(super) fn paid(order: &Order) -> String {
    is(order, "paid", &["paid"], 1)
}

/// The state of an order that was cancelled.
pub(super) fn cancelled(order: &Order) -> String {
    is(order, "cancelled", &["cancelled"], 0)
}
