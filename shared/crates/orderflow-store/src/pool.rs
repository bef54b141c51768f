use crate::error::without_password;
use crate::{Backend, StoreError};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Any, AnyPool, ConnectOptions, Connection, Executor, Transaction};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// What a service decides about its pool. The rest is sqlx's default; above all, sqlx pings a connection before it is handed
/// out and after it is handed back, so that on PostgreSQL one statement through the pool is three round trips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Never more connections than this.
    pub max_connections: u32,
    /// Connections opened ahead of need (in the background, except the first, which [`connect`] waits for).
    pub min_connections: u32,
    /// How long a caller waits for a free connection before it gets [`sqlx::Error::PoolTimedOut`].
    pub acquire_timeout: Duration,
}

impl Default for PoolSettings {
    /// sqlx's own defaults.
    fn default() -> Self {
        PoolSettings { max_connections: 10, min_connections: 0, acquire_timeout: Duration::from_secs(30) }
    }
}

/// How long opening a pool may take. No caller waits for it, so that a caller's patience says nothing about it: where a busy machine
/// takes longer for the first connection, it is tried again.
const OPENING: Duration = Duration::from_secs(10);

/// Opens a pool on a `sqlite://` or `postgres://` URL, and one connection to see that the database answers.
///
/// SQLite is set up as a service would: write-ahead log, `synchronous = NORMAL`, five seconds of patience with a locked
/// database, foreign keys enforced. An in-memory URL does not work here, since each connection would see a database of its own.
pub async fn connect(url: &str, settings: &PoolSettings) -> Result<AnyPool, StoreError> {
    sqlx::any::install_default_drivers();
    let backend = Backend::of_url(url)?;
    let options = AnyConnectOptions::from_str(url)
        .map_err(|error| StoreError::BadUrl { url: without_password(url), reason: error.to_string() })?;
    let no_answer = |source| StoreError::not_opened(backend, url, source);
    if backend == Backend::Sqlite {
        switch_to_write_ahead_log(url).await.map_err(no_answer)?;
    }
    let pool = AnyPoolOptions::new()
        .max_connections(settings.max_connections)
        .min_connections(settings.min_connections)
        .acquire_timeout(settings.acquire_timeout)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if backend == Backend::Sqlite {
                    connection.execute("PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;").await?;
                }
                Ok(())
            })
        });
    let until = Instant::now() + OPENING;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(sqlx::Error::PoolTimedOut) if Instant::now() < until => {}
            opened => return opened.map_err(no_answer),
        }
    }
}

/// The mode is a property of the file. It is switched once, before the pool, because two connections that switch at the same
/// time find the database locked.
async fn switch_to_write_ahead_log(url: &str) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::from_str(url)?.journal_mode(SqliteJournalMode::Wal);
    options.connect().await?.close().await
}

/// Begins a transaction that may read first and write afterwards, as the one with `pool.begin()` may on PostgreSQL.
///
/// SQLite has to be told so at once. With a plain `BEGIN` it takes the read for all there is. When it comes to the write and another
/// transaction has written meanwhile, what was read is out of date, and SQLite refuses at once: "database is locked" (code 517),
/// however patient the connection is. sqlx 0.9 has no setting that would change what `pool.begin()` says.
///
/// # Errors
/// Those of [`AnyPool::begin`].
pub async fn begin(pool: &AnyPool) -> Result<Transaction<'static, Any>, sqlx::Error> {
    let is_sqlite = pool.connect_options().database_url.scheme() == "sqlite";
    if is_sqlite { pool.begin_with("BEGIN IMMEDIATE").await } else { pool.begin().await }
}

/// How many connections callers hold right now: those opened, less those idle.
///
/// A gauge to sample, not a count to grade by: sqlx hands a dropped connection back in a spawned task (with a ping), so one
/// is "in use" for a moment after its holder let go, and sqlx updates the two numbers one after the other.
pub fn connections_in_use(pool: &AnyPool) -> u32 {
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    // A release in progress may have counted an idle connection that was taken again: never below zero.
    pool.size().saturating_sub(idle)
}

/// Closes the pool and waits until every connection is handed back and has finished its last statement. After it, nothing
/// more will be reported to a statement counter.
pub async fn drain(pool: &AnyPool) {
    pool.close().await;
}
