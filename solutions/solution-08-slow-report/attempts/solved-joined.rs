//! One statement that joins everything: a row for each line of an order, added up here.

use sqlx::AnyPool;

use crate::contract::{DAY, ReportLine, json};

/// The orders of a day, counted from 1970, as they were placed; of the same second, the one entered first comes first.
pub async fn daily_report(pool: &AnyPool, day: u32) -> Result<String, sqlx::Error> {
    let from = i64::from(day) * DAY;
    let rows: Vec<(i64, String, i64, String, String, Option<i64>, Option<i64>)> = sqlx::query_as(
        "SELECT o.id, o.reference, o.placed_at, o.status, c.name, l.quantity, l.unit_price_cents
         FROM orders o
         JOIN customers c ON c.id = o.customer_id
         LEFT JOIN order_lines l ON l.order_id = o.id
         WHERE o.placed_at >= $1 AND o.placed_at < $2
         ORDER BY o.placed_at, o.id",
    )
    .bind(from)
    .bind(from + DAY)
    .fetch_all(pool)
    .await?;

    let mut orders: Vec<(i64, ReportLine)> = Vec::new();
    for (id, reference, placed_at, status, customer, quantity, price) in rows {
        if orders.last().is_none_or(|last| last.0 != id) {
            orders.push((id, ReportLine { reference, placed_at, status, customer, lines: 0, total_cents: 0 }));
        }
        if let (Some((_, line)), Some(quantity), Some(price)) = (orders.last_mut(), quantity, price) {
            line.lines += 1;
            line.total_cents += quantity * price;
        }
    }
    let mut report = String::new();
    for (_, line) in &orders {
        report.push_str(&json::print(line));
        report.push('\n');
    }
    Ok(report)
}
