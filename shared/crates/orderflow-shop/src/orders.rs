//! Orders in the database. Every function takes whatever can run a statement: a pool or a connection.

use orderflow::Cents;
use sqlx::{Any, AnyExecutor, AnyPool, Transaction};

use crate::Refusal;

/// Placed, not paid.
pub const PENDING: &str = "pending";
/// The payment gateway has been asked to charge it.
pub const PAYING: &str = "paying";
/// Paid, not shipped.
pub const PAID: &str = "paid";
/// Called off.
pub const CANCELLED: &str = "cancelled";

/// What the checkout needs to know of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its number in the database.
    pub id: i64,
    /// One of the statuses above, or `shipped`.
    pub status: String,
    /// The sum over its lines.
    pub total: Cents,
}

/// The order with this reference.
pub async fn find<'c>(database: impl AnyExecutor<'c>, reference: &str) -> Result<Order, Refusal> {
    let sql = "SELECT o.id, o.status, CAST(SUM(l.quantity * l.unit_price_cents) AS BIGINT)
               FROM orders o JOIN order_lines l ON l.order_id = o.id
               WHERE o.reference = $1 GROUP BY o.id, o.status";
    let found: Option<(i64, String, i64)> = sqlx::query_as(sql).bind(reference).fetch_optional(database).await?;
    let (id, status, cents) = found.ok_or(Refusal::UnknownOrder)?;
    Ok(Order { id, status, total: Cents(cents) })
}

/// Begins a transaction that reads an order and then changes it. In place of `pool.begin()`: SQLite has to know at the begin that the
/// transaction will write, or it refuses the change with "database is locked". PostgreSQL takes both.
pub async fn begin(pool: &AnyPool) -> Result<Transaction<'static, Any>, sqlx::Error> {
    orderflow_store::begin(pool).await
}

/// References of all orders that can be paid, the oldest first.
pub(crate) async fn pending<'c>(database: impl AnyExecutor<'c>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT reference FROM orders WHERE status = $1 ORDER BY id")
        .bind(PENDING)
        .fetch_all(database)
        .await
}

/// Moves an order from one status to another, unless somebody else was quicker.
pub async fn change<'c>(database: impl AnyExecutor<'c>, id: i64, from: &str, to: &str) -> Result<(), Refusal> {
    let sql = "UPDATE orders SET status = $1 WHERE id = $2 AND status = $3";
    let changed = sqlx::query(sql).bind(to).bind(id).bind(from).execute(database).await?;
    if changed.rows_affected() == 1 { Ok(()) } else { Err(Refusal::NotPending) }
}
