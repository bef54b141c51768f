//! The same two questions at the same time, with `futures::try_join!`: they still have two answers.

use std::collections::HashMap;

use orderflow::Cents;
use sqlx::AnyPool;

use crate::contract::{LineView, OrderView};

type OrderRow = (i64, String, i64, String, String);
type LineRow = (i64, String, String, i64, i64);

/// The latest orders, the newest first; of those placed in the same second, the one entered last.
pub async fn recent_orders(pool: &AnyPool, limit: u32) -> Result<Vec<OrderView>, sqlx::Error> {
    let orders = sqlx::query_as(
        "SELECT o.id, o.reference, o.placed_at, o.status, c.name
         FROM orders o
         JOIN customers c ON c.id = o.customer_id
         ORDER BY o.placed_at DESC, o.id DESC
         LIMIT $1",
    );
    let lines = sqlx::query_as(
        "SELECT l.order_id, p.sku, p.name, l.quantity, l.unit_price_cents
         FROM (SELECT id FROM orders ORDER BY placed_at DESC, id DESC LIMIT $1) o
         JOIN order_lines l ON l.order_id = o.id
         JOIN products p ON p.id = l.product_id
         ORDER BY l.order_id, l.line_no",
    );
    let (orders, rows): (Vec<OrderRow>, Vec<LineRow>) = futures::try_join!(
        orders.bind(i64::from(limit)).fetch_all(pool),
        lines.bind(i64::from(limit)).fetch_all(pool),
    )?;

    let mut lines: HashMap<i64, Vec<LineView>> = HashMap::new();
    for (order, sku, name, quantity, unit_price) in rows {
        lines.entry(order).or_default().push(LineView { sku, name, quantity, unit_price: Cents(unit_price) });
    }
    let page = orders.into_iter().map(|(id, reference, placed_at, status, customer)| OrderView {
        reference,
        placed_at,
        status,
        customer,
        lines: lines.remove(&id).unwrap_or_default(),
    });
    Ok(page.collect())
}
