//! One statement and one row: the day in one text, taken apart here. Nobody sees how much comes over, and both sides hold all of it at once.
// misses: rows_per_line_min

use sqlx::AnyPool;

use crate::contract::{DAY, ReportLine, json};

/// The orders of a day, counted from 1970, as they were placed; of the same second, the one entered first comes first.
pub async fn daily_report(pool: &AnyPool, day: u32) -> Result<String, sqlx::Error> {
    let from = i64::from(day) * DAY;
    let packed: Option<String> = sqlx::query_scalar(
        "SELECT string_agg(
             d.placed_at || '\u{1f}' || d.id || '\u{1f}' || d.reference || '\u{1f}' || d.status || '\u{1f}' || d.name || '\u{1f}'
                 || d.lines || '\u{1f}' || d.total,
             '\u{1e}')
         FROM (SELECT o.placed_at, o.id, o.reference, o.status, c.name, COUNT(l.order_id) AS lines,
                   CAST(COALESCE(SUM(l.quantity * l.unit_price_cents), 0) AS BIGINT) AS total
               FROM orders o
               JOIN customers c ON c.id = o.customer_id
               LEFT JOIN order_lines l ON l.order_id = o.id
               WHERE o.placed_at >= $1 AND o.placed_at < $2
               GROUP BY o.id, c.name) d",
    )
    .bind(from)
    .bind(from + DAY)
    .fetch_one(pool)
    .await?;
    let packed = packed.unwrap_or_default();
    let number = |text: &str| text.parse::<i64>().unwrap_or_default();
    let mut orders: Vec<Vec<&str>> =
        packed.split('\u{1e}').filter(|order| !order.is_empty()).map(|order| order.split('\u{1f}').collect()).collect();
    orders.sort_by_key(|order| (number(order[0]), number(order[1])));

    let mut report = String::new();
    for order in orders {
        let line = ReportLine {
            reference: order[2].into(),
            placed_at: number(order[0]),
            status: order[3].into(),
            customer: order[4].into(),
            lines: number(order[5]),
            total_cents: number(order[6]),
        };
        report += &json::print(&line);
        report += "\n";
    }
    Ok(report)
}
