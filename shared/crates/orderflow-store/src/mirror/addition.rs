//! An order that comes in while others look.

use orderflow::Order;
use sqlx::AnyPool;

/// An order that comes in.
#[derive(Debug, Clone)]
pub struct Addition {
    pub(super) id: i64,
    pub(super) order: Order,
}

impl Addition {
    /// Adds it to the database.
    ///
    /// # Errors
    /// The database fails.
    pub async fn store(&self, pool: &AnyPool) -> Result<(), sqlx::Error> {
        insert(pool, self.id, &self.order).await
    }
}

async fn insert(pool: &AnyPool, id: i64, order: &Order) -> Result<(), sqlx::Error> {
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
