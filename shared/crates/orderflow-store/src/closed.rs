//! A pool that cannot grow.

use std::time::{Duration, Instant};

use sqlx::AnyPool;
use sqlx::any::AnyConnectOptions;

use crate::{Backend, PoolSettings, StoreError, connect};

/// How long the only connection may take to be idle.
const LONG: Duration = Duration::from_secs(60);
/// How often that is looked at.
const GLANCE: Duration = Duration::from_millis(1);

/// A pool with one connection that is open already. Nobody gets another one, not from the pool and not past it: its address leads nowhere
/// from now on, and whoever tries gets an I/O error (not found).
///
/// # Errors
/// The database does not answer, or the connection does not become free.
pub async fn closed_pool(url: &str, acquire_timeout: Duration) -> Result<AnyPool, StoreError> {
    let settings = PoolSettings { max_connections: 1, min_connections: 1, acquire_timeout };
    let pool = connect(url, &settings).await?;
    // Of the same kind of database: a transaction asks which one it begins in.
    let nowhere = match Backend::of_url(url)? {
        Backend::Sqlite => "sqlite:///there-is-no-such-folder/orderflow.db?mode=ro",
        Backend::Postgres => "postgres://nobody@localhost/orderflow?host=/there-is-no-such-folder",
    };
    let failed = |source| StoreError::Statement { doing: "use the pool's only connection", source };
    pool.set_connect_options(nowhere.parse::<AnyConnectOptions>().map_err(failed)?);
    let until = Instant::now() + LONG;
    while pool.num_idle() != 1 {
        if Instant::now() >= until {
            return Err(StoreError::Disk(format!(
                "a connection that nobody uses did not become free within {LONG:?}: run it again"
            )));
        }
        tokio::time::sleep(GLANCE).await;
    }
    sqlx::query("SELECT 1").execute(&pool).await.map_err(failed)?;
    Ok(pool)
}
