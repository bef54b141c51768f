//! August: a line in the log for each order, after one was missing and nobody could say why.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::AnyPool;

use crate::sku::Sku;

/// An order to be picked.
#[derive(Debug, Clone)]
pub struct Order {
    reference: String,
    placed_at: i64,
    customer: String,
    region: String,
    lines: Vec<Line>,
}

impl Order {
    fn pieces(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }
}

/// What has to be taken from a shelf.
#[derive(Debug, Clone)]
pub struct Line {
    sku: Sku,
    name: String,
    quantity: i64,
}

#[derive(Serialize)]
struct Page<'a> {
    orders: Vec<OrderView<'a>>,
}

#[derive(Serialize)]
struct OrderView<'a> {
    reference: &'a str,
    placed_at: i64,
    customer: &'a str,
    region: &'a str,
    pieces: i64,
    lines: Vec<LineView<'a>>,
}

#[derive(Serialize)]
struct LineView<'a> {
    sku: &'a Sku,
    name: &'a str,
    quantity: i64,
}

/// The orders to be picked, the oldest first.
pub async fn load(pool: &AnyPool) -> Result<Vec<Order>, sqlx::Error> {
    let rows: Vec<(i64, String, i64, String, i64, String)> = sqlx::query_as(
        "SELECT o.id, o.reference, o.placed_at, c.name, c.id, o.status
         FROM orders o
         JOIN customers c ON c.id = o.customer_id
         ORDER BY o.placed_at, o.id",
    )
    .fetch_all(pool)
    .await?;

    let mut lines = lines(pool).await?;
    let mut orders = Vec::with_capacity(rows.len());
    for (id, reference, placed_at, customer, customer_id, status) in rows {
        if !may_be_picked(&status) {
            continue;
        }
        let lines = lines.remove(&id).unwrap_or_default();
        let region = region(pool, customer_id).await?;
        orders.push(Order { reference, placed_at, customer, region, lines });
    }
    Ok(orders)
}

/// Whether an order with this status is to be picked.
fn may_be_picked(status: &str) -> bool {
    status == "paid"
}

/// Where a customer lives.
async fn region(pool: &AnyPool, customer: i64) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT region FROM customers WHERE id = $1").bind(customer).fetch_one(pool).await
}

/// The lines of all orders to be picked, by order.
async fn lines(pool: &AnyPool) -> Result<BTreeMap<i64, Vec<Line>>, sqlx::Error> {
    let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
        "SELECT l.order_id, p.sku, p.name, l.quantity
         FROM order_lines l
         JOIN orders o ON o.id = l.order_id
         JOIN products p ON p.id = l.product_id
         WHERE o.status = 'paid'
         ORDER BY l.order_id, l.line_no",
    )
    .fetch_all(pool)
    .await?;

    let mut lines: BTreeMap<i64, Vec<Line>> = BTreeMap::new();
    for (order, sku, name, quantity) in rows {
        lines.entry(order).or_default().push(Line { sku: Sku(sku), name, quantity });
    }
    Ok(lines)
}

/// The page as the tablets read it.
pub fn render(orders: &[Order]) -> serde_json::Result<String> {
    let orders = orders.iter().map(order_view).collect();
    serde_json::to_string(&Page { orders })
}

fn order_view(order: &Order) -> OrderView<'_> {
    let shown = format!("{order:?}");
    tracing::debug!(shown, "on the picking page");
    OrderView {
        reference: &order.reference,
        placed_at: order.placed_at,
        customer: &order.customer,
        region: &order.region,
        pieces: order.pieces(),
        lines: by_aisle(&order.lines).into_iter().map(line_view).collect(),
    }
}

/// The lines in the order in which a picker passes them.
fn by_aisle(lines: &[Line]) -> Vec<&Line> {
    let mut lines: Vec<&Line> = lines.iter().collect();
    lines.sort_by_key(|line| line.sku.shelf());
    lines
}

fn line_view(line: &Line) -> LineView<'_> {
    LineView { sku: &line.sku, name: &line.name, quantity: line.quantity }
}
