//! A database with orders that wait to be paid, and a payment gateway: what the shop stands between.

use std::time::Duration;

use anyhow::{Context, Result};
use lab_harness::Run;
use lab_harness::database::{Lease, lease};
use lab_harness::service::{self, Launch};
use orderflow::Order;
use orderflow_store::throwaway::Throwaway;
use orderflow_store::{Backend, PoolSettings, Scale, connect, migrate, seed};
use sqlx::AnyPool;
use tokio::runtime::Runtime;

use super::Gateway;
use super::provider::{Answering, Provider};
use super::server::{DATABASE, GATEWAY};

/// Orders in the database.
pub(super) const ORDERS: usize = 420;
/// Orders of a shop that is started by hand. Each can be paid once, so they have to last for minutes of load.
pub(super) const ORDERS_BY_HAND: usize = 20_000;

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
        let (pool, orders) = runtime.block_on(stock(database.url(), seed, orders))?;
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

    /// Nobody has paid any order, nor cancelled one.
    pub(super) fn make_pending(&self) -> Result<()> {
        Ok(self.runtime.block_on(make_pending(&self.pool))?)
    }

    /// Hands an order over to the carrier.
    pub(super) fn ship(&self, order: &Order) -> Result<()> {
        let shipped = sqlx::query("UPDATE orders SET status = 'shipped' WHERE reference = $1");
        self.runtime.block_on(shipped.bind(order.reference.as_str()).execute(&self.pool))?;
        Ok(())
    }

    /// What is known of an order, in words: its status, its entries in the audit log, what was charged.
    pub(super) fn state(&self, order: &Order) -> Result<String> {
        let reference = &order.reference;
        let read = async {
            let status = sqlx::query_as("SELECT status FROM orders WHERE reference = $1").bind(reference.as_str());
            let (status,): (String,) = status.fetch_one(&self.pool).await?;
            let audit = sqlx::query_as(
                "SELECT a.action FROM audit_log a JOIN orders o ON o.id = a.order_id WHERE o.reference = $1 ORDER BY a.id",
            );
            let audit: Vec<(String,)> = audit.bind(reference.as_str()).fetch_all(&self.pool).await?;
            Ok::<_, sqlx::Error>((status, audit))
        };
        let (status, audit) = self.runtime.block_on(read).context("Failed to read what the shop has saved")?;
        let audit: Vec<&str> = audit.iter().map(|(action,)| action.as_str()).collect();
        Ok(state(reference, &status, &audit, &self.provider.charged(reference)))
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
    let settings = PoolSettings { max_connections: 2, min_connections: 0, acquire_timeout: Duration::from_secs(10) };
    let pool = connect(url, &settings).await?;
    migrate(&pool).await?;
    let orders = seed(&pool, &Scale { seed: number, orders, customers: 200, products: 100 }).await?;
    make_pending(&pool).await?;
    Ok((pool, orders))
}

async fn make_pending(pool: &AnyPool) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE orders SET status = 'pending'").execute(pool).await?;
    Ok(())
}
