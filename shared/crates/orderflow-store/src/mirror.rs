//! What the database holds, in memory as well, where a right answer is easy. Every change is made to both.

mod addition;
mod by_day;
mod evenly;

use std::cmp::Reverse;
use std::collections::HashMap;

use orderflow::{Cents, Order, OrderLine, OrderStatus, Region, customer, product};
use sqlx::AnyPool;

use crate::{Scale, StoreError, seed};

pub use addition::Addition;

/// So many seconds after a day has begun, the next one begins.
const SECONDS_OF_DAY: u64 = 86_400;

/// The orders of a database, with the names that customers and products have today. The first order has id 1.
#[derive(Debug, Clone, Default)]
pub struct Mirror {
    orders: Vec<Order>,
    /// Names that customers took, by number.
    customers: HashMap<u32, String>,
    /// Names that products were given, by number.
    products: HashMap<u32, String>,
}

impl Mirror {
    /// Empties the database.
    ///
    /// # Errors
    /// The database fails.
    pub async fn empty(pool: &AnyPool) -> Result<Mirror, sqlx::Error> {
        for statement in
            ["DELETE FROM order_lines", "DELETE FROM orders", "DELETE FROM products", "DELETE FROM customers"]
        {
            run(pool, sqlx::query(statement)).await?;
        }
        Ok(Mirror::default())
    }

    /// Fills an empty database.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open(pool: &AnyPool, scale: &Scale) -> Result<Mirror, StoreError> {
        Ok(Mirror { orders: seed(pool, scale).await?, ..Mirror::default() })
    }

    /// The numbers of all orders, from zero.
    fn newest_first(&self) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..self.orders.len()).collect();
        numbers.sort_by_key(|number| Reverse((self.orders[*number].placed_at, *number)));
        numbers
    }

    /// All orders, the newest first; of one second, the one that was entered last.
    pub fn orders_newest_first(&self) -> impl Iterator<Item = &Order> {
        self.newest_first().into_iter().map(|number| &self.orders[number])
    }

    /// The orders of a day, counted from 1970: the first one first; of one second, the one that was entered first.
    pub fn orders_of_day(&self, day: u64) -> Vec<&Order> {
        let mut orders: Vec<&Order> =
            self.orders.iter().filter(|order| order.placed_at / SECONDS_OF_DAY == day).collect();
        // Stable: those of one second stay as they were entered.
        orders.sort_by_key(|order| order.placed_at);
        orders
    }

    /// What the customer who placed an order is called today.
    pub fn customer_of(&self, order: &Order) -> String {
        self.customers.get(&order.customer).cloned().unwrap_or_else(|| customer(order.customer).name)
    }

    /// What the product of a line is called today.
    pub fn product_of<'a>(&'a self, line: &'a OrderLine) -> &'a str {
        self.products.get(&line.product).unwrap_or(&line.name)
    }

    /// The newest order there is.
    pub fn newest(&self) -> Option<&Order> {
        self.orders.iter().rev().max_by_key(|order| order.placed_at)
    }

    /// Somebody orders these products, one of the first, two of the second and so on.
    ///
    /// # Errors
    /// The database fails.
    pub async fn place(&mut self, pool: &AnyPool, placed_at: u64, products: &[u32]) -> Result<(), sqlx::Error> {
        let (id, order) = self.next_order(placed_at, products);
        let addition = Addition { id, order };
        addition.store(pool).await?;
        self.orders.push(addition.order);
        Ok(())
    }

    /// What is there after somebody has ordered these products, and what is to be added to the database for that.
    pub fn with_one_more(&self, placed_at: u64, products: &[u32]) -> (Mirror, Addition) {
        let (id, order) = self.next_order(placed_at, products);
        let mut mirror = self.clone();
        mirror.orders.push(order.clone());
        (mirror, Addition { id, order })
    }

    fn next_order(&self, placed_at: u64, products: &[u32]) -> (i64, Order) {
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
        (id, order)
    }

    /// The order with this reference is called off.
    ///
    /// # Errors
    /// The database fails.
    pub async fn cancel(&mut self, pool: &AnyPool, reference: &str) -> Result<(), sqlx::Error> {
        let cancel = sqlx::query("UPDATE orders SET status = 'cancelled' WHERE reference = $1");
        run(pool, cancel.bind(reference)).await?;
        self.order(reference).for_each(|order| order.status = OrderStatus::Cancelled);
        Ok(())
    }

    /// All lines of the order with this reference are taken out.
    ///
    /// # Errors
    /// The database fails.
    pub async fn take_lines_out(&mut self, pool: &AnyPool, reference: &str) -> Result<(), sqlx::Error> {
        let take_out = "DELETE FROM order_lines WHERE order_id IN (SELECT id FROM orders WHERE reference = $1)";
        run(pool, sqlx::query(take_out).bind(reference)).await?;
        self.order(reference).for_each(|order| order.lines.clear());
        Ok(())
    }

    /// A customer takes another name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn rename_customer(&mut self, pool: &AnyPool, number: u32, name: &str) -> Result<(), sqlx::Error> {
        let rename = sqlx::query("UPDATE customers SET name = $1 WHERE id = $2");
        run(pool, rename.bind(name).bind(i64::from(number))).await?;
        self.customers.insert(number, name.into());
        Ok(())
    }

    /// A product gets another name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn rename_product(&mut self, pool: &AnyPool, number: u32, name: &str) -> Result<(), sqlx::Error> {
        let rename = sqlx::query("UPDATE products SET name = $1 WHERE id = $2");
        run(pool, rename.bind(name).bind(i64::from(number))).await?;
        self.products.insert(number, name.into());
        Ok(())
    }

    /// Adds an index that has all the page needs of a line, in another order than the lines were entered in.
    ///
    /// # Errors
    /// The database fails.
    pub async fn index_lines_by_product(pool: &AnyPool) -> Result<(), sqlx::Error> {
        let index = "CREATE INDEX lines_by_product ON order_lines (order_id, product_id, quantity, unit_price_cents)";
        run(pool, sqlx::query(index)).await
    }

    /// Removes it again.
    ///
    /// # Errors
    /// The database fails.
    pub async fn drop_index(pool: &AnyPool) -> Result<(), sqlx::Error> {
        run(pool, sqlx::query("DROP INDEX lines_by_product")).await
    }

    fn order(&mut self, reference: &str) -> impl Iterator<Item = &mut Order> {
        self.orders.iter_mut().filter(move |order| order.reference == reference)
    }
}

fn line(number: u32, quantity: u32) -> OrderLine {
    let product = product(number);
    // A price of its own: not the one in the catalogue.
    let unit_price = Cents(product.unit_price.0 / 2 + 1);
    OrderLine { product: number, sku: product.sku, name: product.name, quantity, unit_price }
}

async fn run<'q>(
    pool: &AnyPool,
    statement: sqlx::query::Query<'q, sqlx::Any, <sqlx::Any as sqlx::Database>::Arguments>,
) -> Result<(), sqlx::Error> {
    statement.execute(pool).await.map(drop)
}
