//! The shop twice: in the database, and in memory, where the right answer is easy. Every change is made to both.

use std::collections::HashMap;

use anyhow::{Context, Result};
use lab_harness::store::Change;
use orderflow::{Cents, Order, OrderLine, OrderStatus, Region, customer, product};
use orderflow_store::Scale;
use sqlx::{AnyPool, AssertSqlSafe};

use super::{LineView, OrderView};

/// A basket with more lines than this is wholesale: one order in a hundred, and now and then as long as all others on the page.
const WHOLESALE_LINES: usize = 40;

/// What the database holds.
#[derive(Debug, Clone, Default)]
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

    /// As [`Shop::open`]; then the newest so many orders are shuffled in time so that every page of them has about as many lines for
    /// each of its orders, and none of them is wholesale. What is counted then grows with the orders on the page, whatever the seed,
    /// and not with the luck of where a long one stands.
    pub(super) async fn open_evenly(pool: &AnyPool, scale: &Scale, newest: usize) -> Result<Shop> {
        let mut shop = Shop::open(pool, scale).await?;
        let moved = shop.even_out(newest);
        let rows: Vec<String> =
            moved.iter().map(|&number| format!("({}, {})", number + 1, shop.orders[number].placed_at)).collect();
        // Only numbers of ours become SQL text.
        let sql = format!(
            "WITH moved (id, placed_at) AS (VALUES {})
             UPDATE orders SET placed_at = (SELECT moved.placed_at FROM moved WHERE moved.id = orders.id)
             WHERE id IN (SELECT id FROM moved)",
            rows.join(", ")
        );
        sqlx::query(AssertSqlSafe(sql)).execute(pool).await?;
        Ok(shop)
    }

    /// Gives orders other times, out of the ones that there are. The numbers of those that were moved.
    fn even_out(&mut self, newest: usize) -> Vec<usize> {
        let by_time = self.newest_first();
        let is_wholesale = |number: &usize| self.orders[*number].lines.len() > WHOLESALE_LINES;
        let mut left: Vec<usize> =
            by_time.iter().copied().filter(|number| !is_wholesale(number)).take(newest).collect();
        let times: Vec<u64> = by_time.iter().map(|number| self.orders[*number].placed_at).collect();
        let lines_of = |number: usize| self.orders[number].lines.len() as f64;
        let lines_each = left.iter().map(|number| lines_of(*number)).sum::<f64>() / left.len().max(1) as f64;

        let (mut dealt, mut lines) = (Vec::new(), 0.0);
        while !left.is_empty() {
            let wanted = lines_each * (dealt.len() + 1) as f64 - lines;
            let off = |number: &usize| (lines_of(*number) - wanted).abs();
            let (place, _) =
                left.iter().enumerate().min_by(|a, b| off(a.1).total_cmp(&off(b.1))).expect("some are left");
            let next = left.remove(place);
            lines += lines_of(next);
            dealt.push(next);
        }
        // Those who had to make room take the times of those who came for them.
        let top = &by_time[..dealt.len()];
        let displaced: Vec<usize> = top.iter().copied().filter(|number| !dealt.contains(number)).collect();
        let vacated: Vec<usize> = dealt.iter().copied().filter(|number| !top.contains(number)).collect();
        let vacated: Vec<u64> = vacated.into_iter().map(|number| self.orders[number].placed_at).collect();
        for (number, time) in dealt.iter().zip(times).chain(displaced.iter().zip(vacated)) {
            self.orders[*number].placed_at = time;
        }
        dealt.into_iter().chain(displaced).collect()
    }

    /// The numbers of all orders, from zero.
    fn newest_first(&self) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..self.orders.len()).collect();
        numbers.sort_by_key(|number| std::cmp::Reverse((self.orders[*number].placed_at, *number)));
        numbers
    }

    /// The right answer: all orders, sorted, cut off, written out.
    pub(super) fn latest_orders(&self, limit: u32) -> Vec<OrderView> {
        self.newest_first().into_iter().take(limit as usize).map(|number| self.view(&self.orders[number])).collect()
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
        let (id, order) = self.next_order(placed_at, products);
        store(pool, id, &order).await?;
        self.orders.push(order);
        Ok(())
    }

    /// The shop after somebody has ordered these products, and what makes the database's one of it.
    pub(super) fn with_one_more(&self, placed_at: u64, products: &[u32]) -> (Shop, Change) {
        let (id, order) = self.next_order(placed_at, products);
        let mut shop = self.clone();
        shop.orders.push(order.clone());
        (shop, Box::new(move |pool| Box::pin(async move { store(&pool, id, &order).await })))
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

    /// Adds an index that has all the page needs of a line, in another order than the lines were entered in.
    pub(super) async fn index_lines_by_product(pool: &AnyPool) -> Result<()> {
        let index = "CREATE INDEX lines_by_product ON order_lines (order_id, product_id, quantity, unit_price_cents)";
        sqlx::query(index).execute(pool).await?;
        Ok(())
    }

    /// Removes it again.
    pub(super) async fn drop_index(pool: &AnyPool) -> Result<()> {
        sqlx::query("DROP INDEX lines_by_product").execute(pool).await?;
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
    // The last line first: whoever does not say in which order lines are shown gets them as they lie in the table.
    for (line_no, line) in (1_i64..).zip(&order.lines).collect::<Vec<_>>().into_iter().rev() {
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

#[cfg(test)]
mod tests {
    use lab_harness::results::growth::{self, Class};

    use super::*;

    #[test]
    fn on_the_counted_pages_lines_grow_with_orders_whatever_the_seed() {
        for seed in 0..40 {
            let scale = Scale::whole_catalogue(seed, super::super::ORDERS);
            let mut shop = Shop { orders: scale.stored_orders(), ..Shop::default() };
            let times = |shop: &Shop| {
                let mut times: Vec<u64> = shop.orders.iter().map(|order| order.placed_at).collect();
                times.sort_unstable();
                times
            };
            let before = times(&shop);
            shop.even_out(500);
            assert_eq!(times(&shop), before, "the times are dealt out anew, and none is made up");
            // What the lab's own program sends: one statement, two for each order, one for each line.
            let sent = [5, 20, 50, 100, 200, 500].map(|orders: u32| {
                let lines: usize = shop.latest_orders(orders).iter().map(|order| order.lines.len()).sum();
                (f64::from(orders), f64::from(1 + 2 * orders) + lines as f64)
            });
            assert_eq!(growth::fit(&sent).map(|growth| growth.class), Some(Class::Linear), "seed {seed}: {sent:?}");
        }
    }
}
