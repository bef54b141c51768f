//! One statement, and only the rows that are shown; the database joins and ranks the whole shop for them, each time.
// misses: cost_of_one_order

use orderflow::Cents;
use sqlx::AnyPool;

use crate::contract::{LineView, OrderView};

type Row = (i64, String, i64, String, String, Option<String>, Option<String>, Option<i64>, Option<i64>);

/// The latest orders, the newest first; of those placed in the same second, the one entered last.
pub async fn recent_orders(pool: &AnyPool, limit: u32) -> Result<Vec<OrderView>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, reference, placed_at, status, customer, sku, name, quantity, unit_price_cents
         FROM (SELECT o.id, o.reference, o.placed_at, o.status, c.name AS customer, p.sku, p.name, l.quantity, l.unit_price_cents,
                   l.line_no, DENSE_RANK() OVER (ORDER BY o.placed_at DESC, o.id DESC) AS place
               FROM orders o
               JOIN customers c ON c.id = o.customer_id
               LEFT JOIN order_lines l ON l.order_id = o.id
               LEFT JOIN products p ON p.id = l.product_id) ranked
         WHERE place <= $1
         ORDER BY placed_at DESC, id DESC, line_no",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;

    let mut page: Vec<OrderView> = Vec::new();
    let mut last = None;
    for (id, reference, placed_at, status, customer, sku, name, quantity, unit_price) in rows {
        if last.replace(id) != Some(id) {
            page.push(OrderView { reference, placed_at, status, customer, lines: Vec::new() });
        }
        if let (Some(order), Some(sku), Some(name), Some(quantity), Some(unit_price)) =
            (page.last_mut(), sku, name, quantity, unit_price)
        {
            order.lines.push(LineView { sku, name, quantity, unit_price: Cents(unit_price) });
        }
    }
    Ok(page)
}
