//! Four statements and no WHERE: the whole shop comes over, and is filtered here.
// misses: rows_per_row_shown

use std::collections::HashMap;

use orderflow::Cents;
use sqlx::AnyPool;

use crate::contract::{LineView, OrderView};

/// The latest orders, the newest first; of those placed in the same second, the one entered last.
pub async fn recent_orders(pool: &AnyPool, limit: u32) -> Result<Vec<OrderView>, sqlx::Error> {
    let mut orders: Vec<(i64, String, i64, String, i64)> =
        sqlx::query_as("SELECT id, reference, placed_at, status, customer_id FROM orders").fetch_all(pool).await?;
    orders.sort_by_key(|order| std::cmp::Reverse((order.2, order.0)));
    orders.truncate(limit as usize);

    let customers: Vec<(i64, String)> = sqlx::query_as("SELECT id, name FROM customers").fetch_all(pool).await?;
    let customers: HashMap<i64, String> = customers.into_iter().collect();
    let products: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT id, sku, name FROM products").fetch_all(pool).await?;
    let products: HashMap<i64, (String, String)> =
        products.into_iter().map(|(id, sku, name)| (id, (sku, name))).collect();
    let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT order_id, product_id, quantity, unit_price_cents FROM order_lines ORDER BY order_id, line_no",
    )
    .fetch_all(pool)
    .await?;

    let mut lines: HashMap<i64, Vec<LineView>> = HashMap::new();
    for (order, product, quantity, unit_price) in rows {
        let (sku, name) = products[&product].clone();
        lines.entry(order).or_default().push(LineView { sku, name, quantity, unit_price: Cents(unit_price) });
    }
    let page = orders.into_iter().map(|(id, reference, placed_at, status, customer)| OrderView {
        reference,
        placed_at,
        status,
        customer: customers[&customer].clone(),
        lines: lines.remove(&id).unwrap_or_default(),
    });
    Ok(page.collect())
}
