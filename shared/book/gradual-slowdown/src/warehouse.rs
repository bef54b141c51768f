//! The database behind the page, at any size.

use anyhow::Result;
use lab_harness::database::{Lease, lease};
use orderflow::Order;
use orderflow_store::{Backend, PoolSettings, Scale, connect, migrate, seed};
use sqlx::AnyPool;

/// Orders to be picked, at the sizes that are counted: from the developer's laptop to a night in December.
pub const SIZES: [u64; 5] = [5, 20, 100, 500, 2_000];
/// Every so manieth order is still to be picked; the others were shipped.
pub const OPEN: usize = 4;

/// A SQLite database of our own; it goes away with this value, however the program ends.
pub struct Warehouse {
    /// One connection, so that the same statements are prepared in every run.
    pub pool: AnyPool,
    _lease: Lease,
}

impl Warehouse {
    /// Without orders.
    pub async fn empty() -> Result<Self> {
        let lease = lease(Backend::Sqlite)?;
        let pool = connect(&lease.url, &PoolSettings { max_connections: 1, ..PoolSettings::default() }).await?;
        migrate(&pool).await?;
        Ok(Warehouse { pool, _lease: lease })
    }

    /// Fills it anew with `open` orders to be picked, as many shipped ones as [`OPEN`] says, and an entry in the audit log for each.
    /// Returns all orders; the first has id 1.
    pub async fn fill(&self, seed_number: u64, open: u64) -> Result<Vec<Order>> {
        for table in ["audit_log", "order_lines", "orders", "products", "customers"] {
            sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}"))).execute(&self.pool).await?;
        }
        let scale = Scale { seed: seed_number, orders: OPEN * open as usize, customers: 2_000, products: 1_000 };
        let orders = seed(&self.pool, &scale).await?;
        for statement in [
            "UPDATE orders SET status = CASE WHEN id % 4 = 0 THEN 'paid' ELSE 'shipped' END",
            "INSERT INTO audit_log (order_id, action, at) SELECT id, 'paid', placed_at FROM orders",
        ] {
            sqlx::query(statement).execute(&self.pool).await?;
        }
        Ok(orders)
    }
}

/// The orders to be picked among all, with their ids, in the order of the page.
pub fn open(orders: &[Order]) -> Vec<(i64, &Order)> {
    let mut open: Vec<(i64, &Order)> = (1..).zip(orders).filter(|(id, _)| id % OPEN as i64 == 0).collect();
    open.sort_by_key(|(id, order)| (order.placed_at, *id));
    open
}
