//! No day has more than 5,000 orders.

use sqlx::AnyPool;

use crate::contract::{DAY, ReportLine, json};

/// The orders of a day, counted from 1970, as they were placed; of the same second, the one entered first comes first.
pub async fn daily_report(pool: &AnyPool, day: u32) -> Result<String, sqlx::Error> {
    let from = i64::from(day) * DAY;
    let orders: Vec<(String, i64, String, String, i64, i64)> = sqlx::query_as(
        "SELECT o.reference, o.placed_at, o.status, c.name,
             COUNT(l.order_id), CAST(COALESCE(SUM(l.quantity * l.unit_price_cents), 0) AS BIGINT)
         FROM orders o
         JOIN customers c ON c.id = o.customer_id
         LEFT JOIN order_lines l ON l.order_id = o.id
         WHERE o.placed_at >= $1 AND o.placed_at < $2
         GROUP BY o.id, c.name
         ORDER BY o.placed_at, o.id LIMIT 5000",
    )
    .bind(from)
    .bind(from + DAY)
    .fetch_all(pool)
    .await?;

    let mut report = Vec::with_capacity(orders.len());
    for (reference, placed_at, status, customer, lines, total_cents) in orders {
        report.push(ReportLine { reference, placed_at, status, customer, lines, total_cents });
    }
    Ok(report.iter().map(|line| json::print(line) + "\n").collect())
}
