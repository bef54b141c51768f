//! April: tidying up; an order knows how many pieces it has.

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
    placed: String,
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
    let rows: Vec<(i64, String, i64, String, i64)> = sqlx::query_as(
        "SELECT o.id, o.reference, o.placed_at, c.name, c.id
         FROM orders o
         JOIN customers c ON c.id = o.customer_id
         WHERE o.status = 'paid'
         ORDER BY o.placed_at, o.id",
    )
    .fetch_all(pool)
    .await?;

    let mut lines = lines(pool).await?;
    let mut orders = Vec::with_capacity(rows.len());
    for (id, reference, placed_at, customer, customer_id) in rows {
        let lines = lines.remove(&id).unwrap_or_default();
        let region = region(pool, customer_id).await?;
        orders.push(Order { reference, placed_at, customer, region, lines });
    }
    Ok(orders)
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
    OrderView {
        reference: &order.reference,
        placed_at: order.placed_at,
        placed: time_of_day(order.placed_at),
        customer: &order.customer,
        region: &order.region,
        pieces: order.pieces(),
        lines: order.lines.iter().map(line_view).collect(),
    }
}

/// `14:05`, in UTC.
fn time_of_day(seconds: i64) -> String {
    format!("{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60)
}

fn line_view(line: &Line) -> LineView<'_> {
    LineView { sku: &line.sku, name: &line.name, quantity: line.quantity }
}
