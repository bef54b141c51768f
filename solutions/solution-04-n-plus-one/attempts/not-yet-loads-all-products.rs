//! All products come with each page, and the few that are on it are looked up here.
// misses: rows_per_row_shown

use std::collections::{BTreeSet, HashMap};

use orderflow::Cents;
use orderflow_store::placeholders;
use sqlx::{AnyPool, AssertSqlSafe};

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
    let Some(&(oldest, _, placed_at, ..)) = orders.last() else { return Ok(Vec::new()) };

    let customers = customer_names(pool, orders.iter().map(|order| order.4).collect()).await?;
    let mut lines = lines_since(pool, placed_at, oldest).await?;
    let page = orders.into_iter().map(|(id, reference, placed_at, status, customer)| OrderView {
        reference,
        placed_at,
        status,
        customer: customers.get(&customer).cloned().unwrap_or_default(),
        lines: lines.remove(&id).unwrap_or_default(),
    });
    Ok(page.collect())
}

async fn customer_names(pool: &AnyPool, ids: BTreeSet<i64>) -> Result<HashMap<i64, String>, sqlx::Error> {
    let sql = format!("SELECT id, name FROM customers WHERE id IN ({})", placeholders(1, ids.len()));
    let query = ids.iter().fold(sqlx::query_as(AssertSqlSafe(sql)), |query, id| query.bind(*id));
    let rows: Vec<(i64, String)> = query.fetch_all(pool).await?;
    Ok(rows.into_iter().collect())
}

async fn lines_since(pool: &AnyPool, placed_at: i64, order: i64) -> Result<HashMap<i64, Vec<LineView>>, sqlx::Error> {
    let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT l.order_id, l.product_id, l.quantity, l.unit_price_cents
         FROM orders o
         JOIN order_lines l ON l.order_id = o.id
         WHERE (o.placed_at, o.id) >= ($1, $2)
         ORDER BY l.order_id, l.line_no",
    )
    .bind(placed_at)
    .bind(order)
    .fetch_all(pool)
    .await?;
    let products = skus_and_names(pool, rows.iter().map(|row| row.1).collect()).await?;

    let mut lines: HashMap<i64, Vec<LineView>> = HashMap::new();
    for (order, product, quantity, unit_price) in rows {
        let (sku, name) = products.get(&product).cloned().unwrap_or_default();
        lines.entry(order).or_default().push(LineView { sku, name, quantity, unit_price: Cents(unit_price) });
    }
    Ok(lines)
}

async fn skus_and_names(pool: &AnyPool, ids: BTreeSet<i64>) -> Result<HashMap<i64, (String, String)>, sqlx::Error> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as("SELECT id, sku, name FROM products").fetch_all(pool).await?;
    Ok(rows.into_iter().filter(|row| ids.contains(&row.0)).map(|(id, sku, name)| (id, (sku, name))).collect())
}
