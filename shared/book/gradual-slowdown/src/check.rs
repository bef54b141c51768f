//! What must hold of the page in every month: it shows every open order once, oldest first, with all that has to be picked.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use orderflow::{Order, customer};
use serde_json::{Value, json};

use crate::months;
use crate::warehouse::{Warehouse, open};

/// Seeds and sizes of the cases.
const CASES: [(u64, u64); 4] = [(7, 0), (7, 5), (8, 20), (9, 100)];

/// Holds a month's page against the orders, and returns how many cases passed.
pub async fn check(month: u32, warehouse: &Warehouse) -> Result<u64> {
    let mut cases = 0;
    for (seed, size) in CASES {
        let mut orders = warehouse.fill(seed, size).await?;
        same(month, warehouse, &orders, &[]).await.with_context(|| format!("seed {seed}, {size} orders"))?;
        cases += 1;
        if size == 0 {
            continue;
        }
        // Customer service holds an order, and empties another.
        sqlx::query("INSERT INTO audit_log (order_id, action, at) VALUES (4, 'hold', 1)")
            .execute(&warehouse.pool)
            .await?;
        sqlx::query("DELETE FROM order_lines WHERE order_id = 8").execute(&warehouse.pool).await?;
        orders[7].lines.clear();
        same(month, warehouse, &orders, &[4]).await.with_context(|| format!("seed {seed}, one held, one empty"))?;
        cases += 1;
    }
    Ok(cases)
}

async fn same(month: u32, warehouse: &Warehouse, orders: &[Order], held: &[i64]) -> Result<()> {
    let page: Value = serde_json::from_str(&months::page(month, &warehouse.pool).await?)?;
    let shown = page["orders"].as_array().context("the page has orders")?;
    let open = open(orders);
    ensure!(shown.len() == open.len(), "{} orders are shown, {} are open", shown.len(), open.len());
    let mut on_page: BTreeMap<&str, u32> = BTreeMap::new();
    for line in open.iter().flat_map(|(_, order)| &order.lines) {
        *on_page.entry(&line.sku).or_default() += line.quantity;
    }
    for (shown, (id, order)) in shown.iter().zip(&open) {
        let customer = customer(order.customer);
        let facts = [
            (1, "reference", json!(order.reference)),
            (1, "placed_at", json!(order.placed_at)),
            (1, "customer", json!(customer.name)),
            (1, "pieces", json!(order.lines.iter().map(|line| line.quantity).sum::<u32>())),
            (3, "region", json!(customer.region.code())),
            (11, "on_hold", json!(held.contains(id))),
        ];
        holds(month, shown, &facts).with_context(|| order.reference.clone())?;
        let mut lines: Vec<&Value> = shown["lines"].as_array().context("an order has lines")?.iter().collect();
        let mut wanted: Vec<_> = order.lines.iter().collect();
        ensure!(lines.len() == wanted.len(), "{}: {} lines of {}", order.reference, lines.len(), wanted.len());
        // The order of the lines may change from month to month.
        lines.sort_by_key(|line| (line["sku"].to_string(), line["quantity"].as_u64()));
        wanted.sort_by_key(|line| (line.sku.clone(), line.quantity));
        for (shown, line) in lines.into_iter().zip(wanted) {
            let facts = [
                (1, "sku", json!(line.sku)),
                (1, "name", json!(line.name)),
                (1, "quantity", json!(line.quantity)),
                (9, "on_page", json!(on_page[line.sku.as_str()])),
                (12, "stock", json!(100)),
            ];
            holds(month, shown, &facts).with_context(|| format!("{}, {}", order.reference, line.sku))?;
        }
    }
    Ok(())
}

/// Facts with the month since which the page shows them.
fn holds(month: u32, shown: &Value, facts: &[(u32, &str, Value)]) -> Result<()> {
    for (since, name, fact) in facts.iter().filter(|(since, _, _)| month >= *since) {
        ensure!(shown[name] == *fact, "`{name}` is {}, not {fact} (since month {since})", shown[name]);
    }
    Ok(())
}
