use crate::StoreError;
use orderflow::{Customer, Order, Product, Shop, customer, product};
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe};

/// Rows in one INSERT. SQLite looks a named placeholder up by walking all of them, so much longer statements are slower again.
const BATCH: usize = 64;

/// What data a database holds; the same scale is the same data, everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// What the orders follow from.
    pub seed: u64,
    /// How many orders.
    pub orders: usize,
    /// How many customers, 1 to [`orderflow::CUSTOMERS`].
    pub customers: u32,
    /// How many products, 1 to [`orderflow::PRODUCTS`].
    pub products: u32,
}

impl Scale {
    /// `orders` orders over the whole catalogue.
    pub fn whole_catalogue(seed: u64, orders: usize) -> Self {
        Scale { seed, orders, customers: orderflow::CUSTOMERS, products: orderflow::PRODUCTS }
    }

    /// The orders that [`seed`] stores, in the order of their ids: the first has id 1.
    pub fn stored_orders(&self) -> Vec<Order> {
        Shop::with_catalogue(self.seed, self.customers, self.products).orders(self.orders)
    }
}

/// Fills an empty, migrated database in one transaction, and returns the orders stored, the first of which has id 1.
/// Ids of customers and products are the domain's numbers.
pub async fn seed(pool: &AnyPool, scale: &Scale) -> Result<Vec<Order>, StoreError> {
    let orders = scale.stored_orders();
    store(pool, scale, &orders).await?;
    Ok(orders)
}

/// Fills an empty, migrated database with the catalogue of `scale` and with these orders.
pub(crate) async fn store(pool: &AnyPool, scale: &Scale, orders: &[Order]) -> Result<(), StoreError> {
    fill(pool, scale, orders).await.map_err(StoreError::statement("seed the database"))
}

async fn fill(pool: &AnyPool, scale: &Scale, orders: &[Order]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let customers: Vec<Customer> = (1..=scale.customers).map(customer).collect();
    insert(&mut transaction, "customers (id, name, email, region)", 4, &customers, |query, customer| {
        query
            .bind(i64::from(customer.id))
            .bind(customer.name.as_str())
            .bind(customer.email.as_str())
            .bind(customer.region.code())
    })
    .await?;

    let products: Vec<Product> = (1..=scale.products).map(product).collect();
    insert(&mut transaction, "products (id, sku, name, unit_price_cents, stock)", 5, &products, |query, product| {
        query
            .bind(i64::from(product.id))
            .bind(product.sku.as_str())
            .bind(product.name.as_str())
            .bind(product.unit_price.0)
            .bind(i64::from(product.stock))
    })
    .await?;

    let numbered: Vec<(i64, &Order)> = (1..).zip(orders).collect();
    let columns = "orders (id, reference, customer_id, region, status, placed_at)";
    insert(&mut transaction, columns, 6, &numbered, |query, (id, order)| {
        query
            .bind(*id)
            .bind(order.reference.as_str())
            .bind(i64::from(order.customer))
            .bind(order.region.code())
            .bind(order.status.as_str())
            // Seconds since 1970 fit an i64 for longer than there will be computers.
            .bind(order.placed_at as i64)
    })
    .await?;

    let lines: Vec<_> = numbered
        .iter()
        .flat_map(|(id, order)| (1_i64..).zip(&order.lines).map(move |(line_no, line)| (*id, line_no, line)))
        .collect();
    let columns = "order_lines (order_id, line_no, product_id, quantity, unit_price_cents)";
    insert(&mut transaction, columns, 5, &lines, |query, (order_id, line_no, line)| {
        query
            .bind(*order_id)
            .bind(*line_no)
            .bind(i64::from(line.product))
            .bind(i64::from(line.quantity))
            .bind(line.unit_price.0)
    })
    .await?;
    transaction.commit().await?;

    // Without statistics PostgreSQL would plan by guesswork until its own analysis comes by, some time in the measurement.
    for statement in ["ANALYZE customers", "ANALYZE products", "ANALYZE orders", "ANALYZE order_lines"] {
        sqlx::query(statement).execute(pool).await?;
    }
    Ok(())
}

/// Inserts `rows` in statements of [`BATCH`] rows each, which stay prepared from one batch to the next.
async fn insert<R>(
    connection: &mut AnyConnection,
    table_and_columns: &'static str,
    width: usize,
    rows: &[R],
    bind: impl for<'q> Fn(Query<'q, Any, AnyArguments>, &'q R) -> Query<'q, Any, AnyArguments>,
) -> Result<(), sqlx::Error> {
    for batch in rows.chunks(BATCH) {
        let tuples: Vec<String> =
            (0..batch.len()).map(|row| format!("({})", placeholders(row * width + 1, width))).collect();
        // Only our own table names and placeholders become SQL text here; values are bound.
        let sql = AssertSqlSafe(format!("INSERT INTO {table_and_columns} VALUES {}", tuples.join(", ")));
        let query = batch.iter().fold(sqlx::query(sql), &bind);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// `count` placeholders from `$first` on, as in `IN ($1, $2, $3)`.
///
/// ```
/// assert_eq!(orderflow_store::placeholders(1, 3), "$1, $2, $3");
/// ```
pub fn placeholders(first: usize, count: usize) -> String {
    let names: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    names.join(", ")
}
