//! Asks again until every order has lines, which an order that was emptied never has.

use std::collections::HashMap;

use orderflow::Cents;
use sqlx::AnyPool;

use crate::contract::{LineView, OrderView};

/// The latest orders, the newest first; of those placed in the same second, the one entered last.
pub async fn recent_orders(pool: &AnyPool, limit: u32) -> Result<Vec<OrderView>, sqlx::Error> {
    let orders: Vec<(i64, String, i64, String, String)> = sqlx::query_as(
        "SELECT o.id, o.reference, o.placed_at, o.status, c.name
         FROM orders o
         JOIN customers c ON c.id = o.customer_id
         ORDER BY o.placed_at DESC, o.id DESC
         LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;

    let Some(&(oldest, _, placed_at, ..)) = orders.last() else { return Ok(Vec::new()) };
    let mut lines = lines_since(pool, placed_at, oldest).await?;

    while orders.iter().any(|(id, ..)| !lines.contains_key(id)) {
        lines = lines_since(pool, placed_at, oldest).await?;
    }
    let mut page = Vec::with_capacity(orders.len());
    for (id, reference, placed_at, status, customer) in orders {
        let lines = lines.remove(&id).unwrap_or_default();
        page.push(OrderView { reference, placed_at, status, customer, lines });
    }
    Ok(page)
}

/// The lines of this order and of all newer ones, by order, as the customers entered them.
async fn lines_since(pool: &AnyPool, placed_at: i64, order: i64) -> Result<HashMap<i64, Vec<LineView>>, sqlx::Error> {
    let rows: Vec<(i64, String, String, i64, i64)> = sqlx::query_as(
        "SELECT l.order_id, p.sku, p.name, l.quantity, l.unit_price_cents
         FROM orders o
         JOIN order_lines l ON l.order_id = o.id
         JOIN products p ON p.id = l.product_id
         WHERE (o.placed_at, o.id) >= ($1, $2)
         ORDER BY l.order_id, l.line_no",
    )
    .bind(placed_at)
    .bind(order)
    .fetch_all(pool)
    .await?;

    let mut lines: HashMap<i64, Vec<LineView>> = HashMap::new();
    for (order, sku, name, quantity, unit_price) in rows {
        lines.entry(order).or_default().push(LineView { sku, name, quantity, unit_price: Cents(unit_price) });
    }
    Ok(lines)
}
