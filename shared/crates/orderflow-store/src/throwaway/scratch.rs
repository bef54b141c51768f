use crate::error::without_password;
use crate::{Backend, StoreError};
use sqlx::any::AnyConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::str::FromStr;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::timeout;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A database of our own on a server that somebody else runs. Its name is the only thing there that we touch.
#[derive(Debug)]
pub(super) struct ScratchDatabase {
    name: String,
    url: String,
    server: PgConnectOptions,
    removed: bool,
}

impl ScratchDatabase {
    pub(super) fn create(server_url: &str) -> Result<Self, StoreError> {
        let bad = |reason: String| StoreError::BadUrl { url: without_password(server_url), reason };
        if Backend::of_url(server_url)? != Backend::Postgres {
            return Err(bad("DB=postgres needs a `postgres://` URL".into()));
        }
        let server = PgConnectOptions::from_str(server_url).map_err(|error| bad(error.to_string()))?;
        let name = scratch_name();
        let url = with_database(server_url, &name).map_err(|error| bad(error.to_string()))?;
        let no_answer = |source| StoreError::NoAnswer { url: without_password(server_url), source };
        runtime()?.block_on(async {
            let mut connection = connect(&server).await.map_err(no_answer)?;
            // template1 cannot be copied while anybody is connected to it; template0 always can.
            execute(&mut connection, format!("CREATE DATABASE {name} TEMPLATE template0")).await.map_err(
                StoreError::statement(
                    "create a scratch database on DATABASE_URL's server (its user needs the right CREATEDB)",
                ),
            )?;
            // The server ends the session by itself if this does not reach it.
            let _ = connection.close().await;
            Ok(())
        })?;
        Ok(ScratchDatabase { name, url, server, removed: false })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn remove(&mut self) -> Result<(), StoreError> {
        if self.removed {
            return Ok(());
        }
        self.removed = true;
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let dropped = runtime()?.block_on(async {
            let mut connection = connect(&self.server).await?;
            execute(&mut connection, statement).await?;
            connection.close().await
        });
        dropped.map_err(|source| StoreError::Io {
            doing: format!("drop the scratch database: `DROP DATABASE {}` when the server is back", self.name),
            source: io::Error::other(source),
        })
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.remove();
    }
}

/// The runtime of calls that block.
pub(super) fn runtime() -> Result<Runtime, StoreError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StoreError::io("start an async runtime"))
}

async fn connect(server: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    timeout(ANSWER_WITHIN, server.connect()).await.unwrap_or_else(|_| {
        let silence = format!("no answer within {} s", ANSWER_WITHIN.as_secs());
        Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, silence)))
    })
}

/// Only [`scratch_name`]s become SQL text.
async fn execute(connection: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(drop)
}

/// Names whose it is, and differs even where process numbers repeat, as on two machines.
fn scratch_name() -> String {
    // A fresh RandomState is the standard library's only source of random bits.
    let random = RandomState::new().build_hasher().finish();
    format!("orderflow_lab_{}_{random:016x}", std::process::id())
}

/// The same server and user, another database.
fn with_database(server_url: &str, name: &str) -> Result<String, sqlx::Error> {
    let mut url = AnyConnectOptions::from_str(server_url)?.database_url;
    url.set_path(&format!("/{name}"));
    if url.query_pairs().any(|(key, _)| key == "dbname") {
        // sqlx lets the query's name win over the path's, and the last one over the first.
        url.query_pairs_mut().append_pair("dbname", name);
    }
    Ok(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::{scratch_name, with_database};

    #[test]
    fn only_the_database_of_the_url_changes() {
        let changed = with_database("postgres://me:p%40ss@host:6543/shop?sslmode=require", "scratch").unwrap();
        assert_eq!(changed, "postgres://me:p%40ss@host:6543/scratch?sslmode=require");
        let changed = with_database("postgres://host/shop?dbname=other", "scratch").unwrap();
        assert_eq!(changed, "postgres://host/scratch?dbname=other&dbname=scratch");
    }

    #[test]
    fn names_differ_and_need_no_quoting() {
        let name = scratch_name();
        assert_ne!(name, scratch_name());
        assert!(
            name.len() < 63
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        );
    }
}
