//! The day in pages of fifty orders, so that no answer is large: a statement for each page, and they grow with the day.
// misses: statements

use sqlx::AnyPool;

use crate::contract::{DAY, ReportLine, json};

/// The orders of a day, counted from 1970, as they were placed; of the same second, the one entered first comes first.
pub async fn daily_report(pool: &AnyPool, day: u32) -> Result<String, sqlx::Error> {
    let from = i64::from(day) * DAY;
    let mut report = String::new();
    let mut after = (from - 1, i64::MAX);
    loop {
        let orders: Vec<(i64, String, i64, String, String, i64, i64)> = sqlx::query_as(
            "SELECT o.id, o.reference, o.placed_at, o.status, c.name,
                 COUNT(l.order_id), CAST(COALESCE(SUM(l.quantity * l.unit_price_cents), 0) AS BIGINT)
             FROM orders o
             JOIN customers c ON c.id = o.customer_id
             LEFT JOIN order_lines l ON l.order_id = o.id
             WHERE (o.placed_at, o.id) > ($1, $2) AND o.placed_at < $3
             GROUP BY o.id, c.name
             ORDER BY o.placed_at, o.id
             LIMIT 50",
        )
        .bind(after.0)
        .bind(after.1)
        .bind(from + DAY)
        .fetch_all(pool)
        .await?;
        let Some(last) = orders.last() else { return Ok(report) };
        after = (last.2, last.0);
        for (_, reference, placed_at, status, customer, lines, total_cents) in orders {
            report += &json::print(&ReportLine { reference, placed_at, status, customer, lines, total_cents });
            report += "\n";
        }
    }
}
