//! Two statements, and the sums of an order are looked for in a list, from its beginning: the square of the orders.
// misses: own_work_by_json

use sqlx::AnyPool;

use crate::contract::{DAY, ReportLine, json};

/// The orders of a day, counted from 1970, as they were placed; of the same second, the one entered first comes first.
pub async fn daily_report(pool: &AnyPool, day: u32) -> Result<String, sqlx::Error> {
    let from = i64::from(day) * DAY;
    let mut transaction = pool.begin().await?;
    let orders: Vec<(i64, String, i64, String, String)> = sqlx::query_as(
        "SELECT o.id, o.reference, o.placed_at, o.status, c.name
         FROM orders o
         JOIN customers c ON c.id = o.customer_id
         WHERE o.placed_at >= $1 AND o.placed_at < $2
         ORDER BY o.placed_at, o.id",
    )
    .bind(from)
    .bind(from + DAY)
    .fetch_all(&mut *transaction)
    .await?;

    let sums: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT l.order_id, COUNT(*), CAST(SUM(l.quantity * l.unit_price_cents) AS BIGINT)
         FROM orders o JOIN order_lines l ON l.order_id = o.id
         WHERE o.placed_at >= $1 AND o.placed_at < $2 GROUP BY l.order_id",
    )
    .bind(from)
    .bind(from + DAY)
    .fetch_all(&mut *transaction)
    .await?;
    let mut report = String::new();
    for (id, reference, placed_at, status, customer) in orders {
        let (lines, total_cents) = sums.iter().find(|sum| sum.0 == id).map_or((0, 0), |sum| (sum.1, sum.2));
        report += &(json::print(&ReportLine { reference, placed_at, status, customer, lines, total_cents }) + "\n");
    }
    Ok(report)
}
