//! A database with orders that wait to be paid, and a payment gateway: what the shop stands between.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use lab_harness::Run;
use lab_harness::database::{Lease, lease};
use lab_harness::service::{self, Launch};
use orderflow::Order;
use orderflow_store::throwaway::Throwaway;
use orderflow_store::{Backend, PoolSettings, Scale, StoreError, connect, disk_trouble, migrate, seed};
use sqlx::{AnyPool, AssertSqlSafe};
use tokio::runtime::Runtime;

use super::provider::{Answering, Provider};
use super::server::{DATABASE, GATEWAY};
use super::{Gateway, audit};

/// Orders in the database.
pub(super) const ORDERS: usize = 420;
/// Orders of a shop that is started by hand. Each can be paid once, so they have to last for minutes of load.
pub(super) const ORDERS_BY_HAND: usize = 20_000;

/// The entry of an order whose audit log takes no other.
pub(super) const CLOSED: &str = "closed for the audit";
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
    database: Database,
}

/// Who removes the database.
pub(super) enum Database {
    Leased(Lease),
    Own(Throwaway),
}

impl Rig {
    /// On a database that a janitor removes, however this program ends.
    pub(super) fn lease(seed: u64, orders: usize, answering: Answering) -> Result<Rig> {
        Rig::on(Database::Leased(lease(Backend::from_env()?)?), seed, orders, answering)
    }

    /// On this database, which is empty.
    pub(super) fn on(database: Database, seed: u64, orders: usize, answering: Answering) -> Result<Rig> {
        let runtime = service::runtime(1)?;
        let (pool, orders) = runtime.block_on(stock(database.url(), seed, orders)).map_err(or_the_machines)?;
        let provider = Provider::open(runtime.handle(), answering)?;
        Ok(Rig { pool, provider, orders, runtime, database })
    }

    pub(super) fn url(&self) -> &str {
        self.database.url()
    }

    pub(super) fn gateway(&self) -> Gateway {
        Gateway::at(self.provider.address)
    }

    /// The run's subject, between this database and this gateway.
    pub(super) fn launch(&self, run: &Run) -> Launch {
        Launch::new(run).env(DATABASE, self.url()).env(GATEWAY, &self.provider.address.to_string())
    }

    /// Nobody has paid any order, nor cancelled one, and nothing is known of those who did.
    pub(super) fn make_pending(&self) -> Result<()> {
        self.provider.close_the_books();
        self.run(make_pending(&self.pool))
    }

    /// Hands an order over to the carrier.
    pub(super) fn ship(&self, order: &Order) -> Result<()> {
        let shipped = sqlx::query("UPDATE orders SET status = 'shipped' WHERE reference = $1");
        self.run(shipped.bind(order.reference.as_str()).execute(&self.pool)).map(drop)
    }

    /// The audit log has an entry for each of these orders and takes no other: what is recorded of them from now on fails.
    pub(super) fn close_audit_log(&self, orders: &[Order]) -> Result<()> {
        let close = async {
            // A unique index over all orders would close it for those of the other cases as well.
            let closed: Vec<String> = orders.iter().map(|order| format!("'{}'", order.reference)).collect();
            let ids = format!("SELECT id FROM orders WHERE reference IN ({})", closed.join(", "));
            let ids: Vec<(i64,)> = sqlx::query_as(AssertSqlSafe(ids)).fetch_all(&self.pool).await?;
            for (id,) in &ids {
                audit::record(&self.pool, *id, CLOSED).await?;
            }
            let ids: Vec<String> = ids.iter().map(|(id,)| id.to_string()).collect();
            let index =
                format!("CREATE UNIQUE INDEX closed ON audit_log (order_id) WHERE order_id IN ({})", ids.join(", "));
            sqlx::query(AssertSqlSafe(index)).execute(&self.pool).await
        };
        self.run(close).context("Failed to close the audit log")?;
        Ok(())
    }

    /// One order has this status, and the other cannot have it as well: a change to it fails.
    pub(super) fn keep_from(&self, status: &str, order: &Order, other: &Order) -> Result<()> {
        let keep = async {
            let update = sqlx::query("UPDATE orders SET status = $1 WHERE reference = $2");
            update.bind(status).bind(other.reference.as_str()).execute(&self.pool).await?;
            let ids = sqlx::query_as("SELECT id FROM orders WHERE reference IN ($1, $2)");
            let ids = ids.bind(order.reference.as_str()).bind(other.reference.as_str());
            let ids: Vec<(i64,)> = ids.fetch_all(&self.pool).await?;
            let ids: Vec<String> = ids.iter().map(|(id,)| id.to_string()).collect();
            let index = format!("CREATE UNIQUE INDEX one_{status} ON orders (status) WHERE id IN ({})", ids.join(", "));
            sqlx::query(AssertSqlSafe(index)).execute(&self.pool).await
        };
        self.run(keep).with_context(|| format!("Failed to keep an order from being {status}"))?;
        Ok(())
    }

    /// What is known of an order, in words: its status, its entries in the audit log, what was charged.
    pub(super) fn state(&self, order: &Order) -> Result<String> {
        Ok(self.states(std::slice::from_ref(order))?.concat())
    }

    /// What is known of these orders, in words.
    pub(super) fn states(&self, orders: &[Order]) -> Result<Vec<String>> {
        self.states_with(orders, &self.provider)
    }

    /// As [`Rig::states`], where another gateway was asked.
    pub(super) fn states_with(&self, orders: &[Order], provider: &Provider) -> Result<Vec<String>> {
        let rows = sqlx::query_as(
            "SELECT o.reference, o.status, COALESCE(a.action, '') FROM orders o LEFT JOIN audit_log a ON a.order_id = o.id
             ORDER BY o.id, a.id",
        );
        let rows: Vec<(String, String, String)> =
            self.run(rows.fetch_all(&self.pool)).context("Failed to read what the shop has saved")?;
        let mut saved: HashMap<&str, (&str, Vec<&str>)> = HashMap::new();
        for (reference, status, action) in &rows {
            let (_, audit) = saved.entry(reference).or_insert((status, Vec::new()));
            audit.extend(Some(action.as_str()).filter(|action| !action.is_empty()));
        }
        let charged = provider.charged();
        let states = orders.iter().map(|order| {
            let reference = order.reference.as_str();
            let (status, audit) = saved.get(reference).cloned().unwrap_or(("not in the database", Vec::new()));
            state(reference, status, &audit, charged.get(reference).map_or(&[], Vec::as_slice))
        });
        Ok(states.collect())
    }

    /// Runs statements of our own.
    fn run<T>(&self, statements: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T> {
        self.runtime.block_on(statements).map_err(|error| or_the_machines(error.into()))
    }

    /// Payments that are saved, that are in the audit log, and that were charged.
    pub(super) fn payments(&self) -> Result<[u64; 3]> {
        let read = async {
            let paid = sqlx::query_scalar("SELECT COUNT(*) FROM orders WHERE status = 'paid'");
            let paid: i64 = paid.fetch_one(&self.pool).await?;
            let recorded = sqlx::query_scalar("SELECT COUNT(*) FROM audit_log WHERE action = 'paid'");
            let recorded: i64 = recorded.fetch_one(&self.pool).await?;
            Ok::<_, sqlx::Error>([paid as u64, recorded as u64])
        };
        let [paid, recorded] = self.run(read).context("Failed to read what the shop has saved")?;
        Ok([paid, recorded, self.provider.charged().values().map(Vec::len).sum::<usize>() as u64])
    }
}

/// An end that is nobody's fault who wrote code here, such as a full disk.
pub(super) fn machine_trouble(what: String) -> anyhow::Error {
    anyhow::anyhow!(what).context(lab_harness::MachineTrouble)
}

/// The error, or the machine's trouble where that is behind it.
fn or_the_machines(error: anyhow::Error) -> anyhow::Error {
    let of_the_store = error.downcast_ref::<StoreError>().filter(|error| error.is_disk_trouble());
    let trouble = of_the_store.map(ToString::to_string);
    match trouble.or_else(|| disk_trouble(error.downcast_ref()?)) {
        Some(trouble) => machine_trouble(trouble),
        None => error,
    }
}

/// An order's state in words.
pub(super) fn state(reference: &str, status: &str, audit: &[&str], charged: &[i64]) -> String {
    format!("{reference} is {status}, audit log {audit:?}, cents charged {charged:?}")
}

impl Database {
    fn url(&self) -> &str {
        match self {
            Database::Leased(lease) => &lease.url,
            Database::Own(throwaway) => throwaway.url(),
        }
    }
}

async fn stock(url: &str, number: u64, orders: usize) -> Result<(AnyPool, Vec<Order>)> {
    let settings = PoolSettings { max_connections: 2, min_connections: 0, acquire_timeout: PATIENCE };
    let pool = connect(url, &settings).await?;
    migrate(&pool).await?;
    let orders = seed(&pool, &Scale { seed: number, orders, customers: 200, products: 100 }).await?;
    make_pending(&pool).await?;
    Ok((pool, orders))
}

async fn make_pending(pool: &AnyPool) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE orders SET status = 'pending'").execute(pool).await?;
    sqlx::query("DELETE FROM audit_log").execute(pool).await?;
    Ok(())
}
