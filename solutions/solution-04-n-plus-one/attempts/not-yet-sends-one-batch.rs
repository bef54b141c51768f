//! The statements for all orders of the page in one text, so that one trip brings all of them: still two for each order.
// misses: statements

use orderflow::Cents;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row};

use crate::contract::{LineView, OrderView};

pub async fn recent_orders(pool: &AnyPool, limit: u32) -> Result<Vec<OrderView>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let orders: Vec<(i64, String, i64, String, i64)> = sqlx::query_as(
        "SELECT id, reference, placed_at, status, customer_id FROM orders ORDER BY placed_at DESC, id DESC LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&mut *transaction)
    .await?;
    let of_one = |(id, _, _, _, customer): &(i64, String, i64, String, i64)| {
        format!(
            "SELECT 0 AS order_id, name, '' AS sku, 0 AS quantity, 0 AS price FROM customers WHERE id = {customer};
             SELECT l.order_id, p.name, p.sku, l.quantity, l.unit_price_cents FROM order_lines l
             JOIN products p ON p.id = l.product_id WHERE l.order_id = {id} ORDER BY l.line_no;"
        )
    };
    let batch: String = orders.iter().map(of_one).collect();
    let rows = if batch.is_empty() {
        Vec::new()
    } else {
        sqlx::raw_sql(AssertSqlSafe(batch)).fetch_all(&mut *transaction).await?
    };

    let mut rows = rows.into_iter().peekable();
    let mut page = Vec::with_capacity(orders.len());
    for (id, reference, placed_at, status, _) in orders {
        let customer = rows.next().ok_or(sqlx::Error::RowNotFound)?.get(1);
        let mut lines = Vec::new();
        let is_line = |row: &AnyRow| row.try_get::<i64, _>(0).is_ok_and(|order| order == id);
        while let Some(row) = rows.next_if(is_line) {
            let unit_price = Cents(row.get(4));
            let (sku, name, quantity) = (row.get(2), row.get(1), row.get(3));
            lines.push(LineView { sku, name, quantity, unit_price });
        }
        page.push(OrderView { reference, placed_at, status, customer, lines });
    }
    Ok(page)
}
