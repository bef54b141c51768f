//! The shop twice: in the database, and in memory, where the right answer is easy. Every change is made to both.

use std::collections::HashMap;

use anyhow::{Context, Result};
use orderflow::{Cents, Order, OrderLine, OrderStatus, Region, customer, product};
use orderflow_store::Scale;
use sqlx::AnyPool;

use super::{LineView, OrderView};

/// What the database holds.
#[derive(Debug, Default)]
pub struct Shop {
    /// The first has id 1.
    orders: Vec<Order>,
    /// Names that customers took, by number.
    customers: HashMap<u32, String>,
    /// Names that products were given, by number.
    products: HashMap<u32, String>,
}

impl Shop {
    /// Empties the database.
    pub(super) async fn empty(pool: &AnyPool) -> Result<Shop> {
        for statement in
            ["DELETE FROM order_lines", "DELETE FROM orders", "DELETE FROM products", "DELETE FROM customers"]
        {
            sqlx::query(statement).execute(pool).await?;
        }
        Ok(Shop::default())
    }

    /// Fills an empty database.
    pub(super) async fn open(pool: &AnyPool, scale: &Scale) -> Result<Shop> {
        Ok(Shop { orders: orderflow_store::seed(pool, scale).await?, ..Shop::default() })
    }

    /// The right answer: all orders, sorted, cut off, written out.
    pub(super) fn latest_orders(&self, limit: u32) -> Vec<OrderView> {
        let mut numbered: Vec<(usize, &Order)> = self.orders.iter().enumerate().collect();
        numbered.sort_by_key(|(number, order)| std::cmp::Reverse((order.placed_at, *number)));
        numbered.truncate(limit as usize);
        numbered.into_iter().map(|(_, order)| self.view(order)).collect()
    }

    fn view(&self, order: &Order) -> OrderView {
        OrderView {
            reference: order.reference.clone(),
            placed_at: order.placed_at as i64,
            status: order.status.as_str().into(),
            customer: self.customers.get(&order.customer).cloned().unwrap_or_else(|| customer(order.customer).name),
            lines: order.lines.iter().map(|line| self.line_view(line)).collect(),
        }
    }

    fn line_view(&self, line: &OrderLine) -> LineView {
        LineView {
            sku: line.sku.clone(),
            name: self.products.get(&line.product).unwrap_or(&line.name).clone(),
            quantity: i64::from(line.quantity),
            unit_price: line.unit_price,
        }
    }

    /// The newest order there is.
    pub(super) fn newest(&self) -> Result<&Order> {
        self.orders.iter().rev().max_by_key(|order| order.placed_at).context("the shop has orders")
    }

    /// Somebody orders these products, one of the first, two of the second and so on.
    pub(super) async fn place(&mut self, pool: &AnyPool, placed_at: u64, products: &[u32]) -> Result<()> {
        let id = self.orders.len() as i64 + 1;
        let lines = (1..).zip(products).map(|(quantity, &number)| line(number, quantity)).collect();
        let order = Order {
            reference: format!("DE-{:05}", 90_000 + id),
            customer: 1 + id as u32 % 3,
            region: Region::De,
            status: OrderStatus::Paid,
            placed_at,
            lines,
        };
        store(pool, id, &order).await?;
        self.orders.push(order);
        Ok(())
    }

    /// The order with this reference is called off.
    pub(super) async fn cancel(&mut self, pool: &AnyPool, reference: &str) -> Result<()> {
        sqlx::query("UPDATE orders SET status = 'cancelled' WHERE reference = $1")
            .bind(reference)
            .execute(pool)
            .await?;
        self.order(reference)?.status = OrderStatus::Cancelled;
        Ok(())
    }

    /// All lines of the order with this reference are taken out.
    pub(super) async fn take_lines_out(&mut self, pool: &AnyPool, reference: &str) -> Result<()> {
        sqlx::query("DELETE FROM order_lines WHERE order_id IN (SELECT id FROM orders WHERE reference = $1)")
            .bind(reference)
            .execute(pool)
            .await?;
        self.order(reference)?.lines.clear();
        Ok(())
    }

    /// A customer takes another name.
    pub(super) async fn rename_customer(&mut self, pool: &AnyPool, number: u32, name: &str) -> Result<()> {
        let rename = sqlx::query("UPDATE customers SET name = $1 WHERE id = $2");
        rename.bind(name).bind(i64::from(number)).execute(pool).await?;
        self.customers.insert(number, name.into());
        Ok(())
    }

    /// A product gets another name.
    pub(super) async fn rename_product(&mut self, pool: &AnyPool, number: u32, name: &str) -> Result<()> {
        let rename = sqlx::query("UPDATE products SET name = $1 WHERE id = $2");
        rename.bind(name).bind(i64::from(number)).execute(pool).await?;
        self.products.insert(number, name.into());
        Ok(())
    }

    fn order(&mut self, reference: &str) -> Result<&mut Order> {
        self.orders.iter_mut().find(|order| order.reference == reference).context("the order was placed before")
    }
}

fn line(number: u32, quantity: u32) -> OrderLine {
    let product = product(number);
    // A price of its own: not the one in the catalogue.
    let unit_price = Cents(product.unit_price.0 / 2 + 1);
    OrderLine { product: number, sku: product.sku, name: product.name, quantity, unit_price }
}

async fn store(pool: &AnyPool, id: i64, order: &Order) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query(
        "INSERT INTO orders (id, reference, customer_id, region, status, placed_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(order.reference.as_str())
    .bind(i64::from(order.customer))
    .bind(order.region.code())
    .bind(order.status.as_str())
    .bind(order.placed_at as i64)
    .execute(&mut *transaction)
    .await?;
    for (line_no, line) in (1_i64..).zip(&order.lines) {
        sqlx::query(
            "INSERT INTO order_lines (order_id, line_no, product_id, quantity, unit_price_cents) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id)
        .bind(line_no)
        .bind(i64::from(line.product))
        .bind(i64::from(line.quantity))
        .bind(line.unit_price.0)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await
}
