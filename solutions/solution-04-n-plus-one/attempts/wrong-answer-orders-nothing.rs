//! The lines come as the primary key happens to list them: no `ORDER BY`.

use std::collections::HashMap;

use orderflow::Cents;
use orderflow_store::placeholders;
use sqlx::{AnyPool, AssertSqlSafe};

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

    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let mut lines = lines_of(pool, orders.iter().map(|order| order.0).collect()).await?;

    let mut page = Vec::with_capacity(orders.len());
    for (id, reference, placed_at, status, customer) in orders {
        let lines = lines.remove(&id).unwrap_or_default();
        page.push(OrderView { reference, placed_at, status, customer, lines });
    }
    Ok(page)
}

/// The lines of these orders.
async fn lines_of(pool: &AnyPool, orders: Vec<i64>) -> Result<HashMap<i64, Vec<LineView>>, sqlx::Error> {
    let sql = format!(
        "SELECT l.order_id, p.sku, p.name, l.quantity, l.unit_price_cents
         FROM order_lines l
         JOIN products p ON p.id = l.product_id
         WHERE l.order_id IN ({})",
        placeholders(1, orders.len())
    );
    let query = orders.iter().fold(sqlx::query_as(AssertSqlSafe(sql)), |query, order| query.bind(*order));
    let rows: Vec<(i64, String, String, i64, i64)> = query.fetch_all(pool).await?;

    let mut lines: HashMap<i64, Vec<LineView>> = HashMap::new();
    for (order, sku, name, quantity, unit_price) in rows {
        lines.entry(order).or_default().push(LineView { sku, name, quantity, unit_price: Cents(unit_price) });
    }
    Ok(lines)
}
