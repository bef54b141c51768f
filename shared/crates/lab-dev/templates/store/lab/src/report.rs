//! The latest orders and what they came to. Replace it by your own plausible code with a real fault.

use sqlx::AnyPool;

/// References and totals in cents of the latest orders, the newest first; of those placed in the same second, the one entered last.
pub async fn latest_totals(pool: &AnyPool, limit: u32) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let orders: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, reference FROM orders ORDER BY placed_at DESC, id DESC LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?;

    let mut totals = Vec::with_capacity(orders.len());
    for (order, reference) in orders {
        let lines: Vec<(i64, i64)> =
            sqlx::query_as("SELECT quantity, unit_price_cents FROM order_lines WHERE order_id = $1")
                .bind(order)
                .fetch_all(pool)
                .await?;
        totals.push((reference, lines.iter().map(|(quantity, cents)| quantity * cents).sum()));
    }
    Ok(totals)
}
