//! As many statements as the original, up to eight orders at the same time. It looks like a fix where there are cores to spare.
// misses: statements

use futures::{StreamExt, TryStreamExt, stream};
use orderflow::Cents;
use sqlx::AnyPool;

use crate::contract::{LineView, OrderView};

/// Orders being completed at the same time; each holds a connection most of the time.
const AT_ONCE: usize = 8;

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

    stream::iter(orders)
        .map(|(id, reference, placed_at, status, customer)| async move {
            let customer = customer_name(pool, customer).await?;
            let lines = lines_of(pool, id).await?;
            Ok(OrderView { reference, placed_at, status, customer, lines })
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

async fn customer_name(pool: &AnyPool, customer: i64) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT name FROM customers WHERE id = $1").bind(customer).fetch_one(pool).await
}

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

async fn sku_and_name(pool: &AnyPool, product: i64) -> Result<(String, String), sqlx::Error> {
    sqlx::query_as("SELECT sku, name FROM products WHERE id = $1").bind(product).fetch_one(pool).await
}
