use crate::{Backend, StoreError};
use sqlx::AnyPool;

/// One step of the schema, in the words of each database.
struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const MIGRATIONS: [Migration; 2] = [
    Migration {
        version: 1,
        name: "shop",
        sqlite: include_str!("../migrations/0001_shop.sql"),
        postgres: include_str!("../migrations/0001_shop.sql"),
    },
    Migration {
        version: 2,
        name: "audit_log",
        sqlite: include_str!("../migrations/0002_audit_log.sqlite.sql"),
        postgres: include_str!("../migrations/0002_audit_log.postgres.sql"),
    },
];

/// Brings the schema up to date: each migration that `schema_migrations` does not list is run in a transaction of its own.
/// Running it again does nothing.
pub async fn migrate(pool: &AnyPool) -> Result<(), StoreError> {
    let failed = StoreError::statement;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL)")
        .execute(pool)
        .await
        .map_err(failed("create the table of migrations"))?;
    let done: Vec<(i64,)> = sqlx::query_as("SELECT version FROM schema_migrations")
        .fetch_all(pool)
        .await
        .map_err(failed("read the table of migrations"))?;

    let backend = Backend::of_url(pool.connect_options().database_url.as_str())?;
    for migration in MIGRATIONS.iter().filter(|migration| !done.contains(&(migration.version,))) {
        let sql = match backend {
            Backend::Sqlite => migration.sqlite,
            Backend::Postgres => migration.postgres,
        };
        run(pool, migration, sql).await.map_err(failed("migrate the schema"))?;
    }
    Ok(())
}

async fn run(pool: &AnyPool, migration: &Migration, sql: &'static str) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::raw_sql(sql).execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO schema_migrations (version, name) VALUES ($1, $2)")
        .bind(migration.version)
        .bind(migration.name)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}
