//! OrderFlow's database: schema, seeding and pools, for SQLite and PostgreSQL from one source.
//!
//! Everything goes through sqlx's `Any` driver, so a query is written once and runs on both. What that asks of a query:
//!
//! - placeholders are `$1`, `$2`, ... (both databases take them; `QueryBuilder<Any>` writes `?`, which PostgreSQL does not
//!   understand: for lists use [`placeholders`] or a subquery);
//! - results are integers, floats, text, bytes or booleans; a `SUM` needs `CAST(SUM(x) AS BIGINT)`, because PostgreSQL
//!   sums into `NUMERIC`, which `Any` does not know;
//! - `query_as` into tuples; sqlx's macros would compile SQLite twice.
//!
//! ```no_run
//! use orderflow_store::{PoolSettings, Scale, connect, migrate, seed};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let pool = connect("sqlite:///tmp/shop.db?mode=rwc", &PoolSettings::default()).await?;
//! migrate(&pool).await?;
//! let orders = seed(&pool, &Scale { seed: 1, orders: 500, customers: 200, products: 100 }).await?;
//!
//! let newest: Vec<(i64, String)> =
//!     sqlx::query_as("SELECT id, reference FROM orders ORDER BY placed_at DESC, id DESC LIMIT $1")
//!         .bind(20_i64)
//!         .fetch_all(&pool)
//!         .await?;
//! assert_eq!(newest[0].1, orders[499].reference);
//! # Ok(())
//! # }
//! ```

mod backend;
mod blame;
mod closed;
mod error;
mod mirror;
mod pool;
mod schema;
mod seed;
#[cfg(unix)]
pub mod throwaway;
mod view;

pub use backend::Backend;
pub use blame::{disk_trouble, refused_upgrade};
pub use closed::closed_pool;
pub use error::StoreError;
pub use mirror::{Addition, Mirror};
pub use pool::{PoolSettings, begin, connect, connections_in_use, drain};
pub use schema::migrate;
pub use seed::{Scale, placeholders, seed};
pub use view::{LineView, OrderView};
