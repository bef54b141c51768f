//! The latest orders and what they came to. Replace it by your own plausible code with a real fault.

use sqlx::AnyPool;

/// References and totals in cents of the latest orders, the newest first; of those placed in the same second, the one entered last.
pub async fn latest_totals(pool: &AnyPool, limit: u32) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT o.reference, CAST(COALESCE(SUM(l.quantity * l.unit_price_cents), 0) AS BIGINT)
         FROM (SELECT id, reference, placed_at FROM orders ORDER BY placed_at DESC, id DESC LIMIT $1) o
         LEFT JOIN order_lines l ON l.order_id = o.id
         GROUP BY o.id, o.reference, o.placed_at
         ORDER BY o.placed_at DESC, o.id DESC",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
}
