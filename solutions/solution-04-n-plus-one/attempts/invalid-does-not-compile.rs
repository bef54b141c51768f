//! Forgets that a statement has to be awaited.
// built apart: it does not compile

use sqlx::AnyPool;

use crate::contract::OrderView;

/// The latest orders, the newest first; of those placed in the same second, the one entered last.
pub async fn recent_orders(pool: &AnyPool, limit: u32) -> Result<Vec<OrderView>, sqlx::Error> {
    let orders: Vec<(i64,)> = sqlx::query_as("SELECT id FROM orders LIMIT $1").bind(i64::from(limit)).fetch_all(pool)?;
    Ok(orders.into_iter().map(|_| unreachable!()).collect())
}
