//! The audit log: what was done to an order, and when.

use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::AnyExecutor;

/// Adds an entry. Takes whatever can run a statement: a pool or a connection.
pub async fn record<'c>(database: impl AnyExecutor<'c>, order: i64, action: &str) -> Result<(), sqlx::Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    sqlx::query("INSERT INTO audit_log (order_id, action, at) VALUES ($1, $2, $3)")
        .bind(order)
        .bind(action)
        // Seconds since 1970 fit an i64 for longer than there will be computers.
        .bind(now as i64)
        .execute(database)
        .await?;
    Ok(())
}
