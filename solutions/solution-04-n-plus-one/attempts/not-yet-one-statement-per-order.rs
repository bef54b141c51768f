//! The products come with the lines, but the lines still order by order: far fewer statements, and they still grow.
// misses: statements

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

    let mut page = Vec::with_capacity(orders.len());
    for (id, reference, placed_at, status, customer) in orders {
        let lines = lines_of(pool, id).await?;
        page.push(OrderView { reference, placed_at, status, customer, lines });
    }
    Ok(page)
}

/// The lines of an order, as the customer entered them.
async fn lines_of(pool: &AnyPool, order: i64) -> Result<Vec<LineView>, sqlx::Error> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "SELECT p.sku, p.name, l.quantity, l.unit_price_cents
         FROM order_lines l
         JOIN products p ON p.id = l.product_id
         WHERE l.order_id = $1
         ORDER BY l.line_no",
    )
    .bind(order)
    .fetch_all(pool)
    .await?;

    let line = |(sku, name, quantity, unit_price)| LineView { sku, name, quantity, unit_price: Cents(unit_price) };
    Ok(rows.into_iter().map(line).collect())
}
