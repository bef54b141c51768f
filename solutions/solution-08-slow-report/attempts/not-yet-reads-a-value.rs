//! Reads each line into a value without a type, and not into a line of the report: it is read all the same.
// misses: json_written_per_byte, json_read_per_byte

use sqlx::AnyPool;

use crate::contract::{DAY, Order, json};

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
    Ok(report.iter().map(|line| format!("{line}\n")).collect())
}

/// What the warehouse sees of an order, through a value without a type. The keys come in the order of the alphabet: they are put right.
fn line_of(order: &Order) -> Result<String, sqlx::Error> {
    let known: json::Value = json::parse(&json::print(order)).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let fields = ["reference", "placed_at", "status", "customer", "lines", "total_cents"];
    let fields: Vec<String> = fields.iter().map(|field| format!("\"{field}\":{}", json::print(&known[*field]))).collect();
    Ok(format!("{{{}}}", fields.join(",")))
}
