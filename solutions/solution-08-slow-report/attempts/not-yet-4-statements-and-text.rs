//! Statements and text, but each line is JSON twice: nobody sees it by the clock any more.
// misses: json_written_per_byte, json_read_per_byte

use sqlx::AnyPool;

use crate::contract::{DAY, Order, ReportLine, json};

type Row = (i64, String, i64, String, i64, String, i64, i64);

/// The orders of a day, counted from 1970, as they were placed; of the same second, the one entered first comes first.
pub async fn daily_report(pool: &AnyPool, day: u32) -> Result<String, sqlx::Error> {
    let from = i64::from(day) * DAY;
    let orders: Vec<Row> = sqlx::query_as(
        "SELECT o.id, o.reference, o.placed_at, o.status, o.customer_id, c.name,
             COUNT(l.order_id), CAST(COALESCE(SUM(l.quantity * l.unit_price_cents), 0) AS BIGINT)
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

    let mut report = Vec::with_capacity(orders.len());
    for (id, reference, placed_at, status, customer_id, customer, lines, total_cents) in orders {
        report.push(line_of(&Order { id, reference, placed_at, status, customer_id, customer, lines, total_cents })?);
    }
    Ok(report.iter().map(|line| json::print(line) + "\n").collect())
}

/// What the warehouse sees of an order. The fields have the same names, so that serde makes the one out of the other.
fn line_of(order: &Order) -> Result<ReportLine, sqlx::Error> {
    json::parse(&json::print(order)).map_err(|error| sqlx::Error::Decode(error.into()))
}
