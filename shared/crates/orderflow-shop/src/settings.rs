//! How a replica is set up: by variables of its environment.

use std::str::FromStr;
use std::time::Duration;

use orderflow_payments::Gateway;
use orderflow_store::{PoolSettings, StoreError};

use crate::{POOL, Surroundings};

/// Where the database is.
pub const DATABASE: &str = "CHECKOUT_DATABASE";
/// Where the payment gateway listens.
pub const GATEWAY: &str = "CHECKOUT_GATEWAY";
/// How many connections the pool has.
pub const CONNECTIONS: &str = "CHECKOUT_CONNECTIONS";
/// How many milliseconds a request waits for a connection.
pub const PATIENCE_MS: &str = "CHECKOUT_PATIENCE_MS";

/// The pool that the environment asks for, where it says nothing [`POOL`].
///
/// # Errors
/// A variable is no number.
pub fn pool_settings() -> Result<PoolSettings, StoreError> {
    let connections = parsed(CONNECTIONS)?.unwrap_or(POOL.max_connections);
    let acquire_timeout = parsed(PATIENCE_MS)?.map_or(POOL.acquire_timeout, Duration::from_millis);
    Ok(PoolSettings { max_connections: connections, min_connections: connections, acquire_timeout })
}

/// The database's URL and the gateway that the environment names, if it names both.
///
/// # Errors
/// The gateway's address is none.
pub fn given() -> Result<Option<(String, Gateway)>, StoreError> {
    let database = std::env::var(DATABASE).ok();
    Ok(database.zip(parsed(GATEWAY)?.map(Gateway::at)))
}

fn parsed<T: FromStr>(name: &str) -> Result<Option<T>, StoreError> {
    let Ok(text) = std::env::var(name) else { return Ok(None) };
    let source = || std::io::Error::other("it is not what it should be");
    text.parse().map(Some).map_err(|_| StoreError::Io { doing: format!("read {name}={text}"), source: source() })
}

impl Surroundings {
    /// The environment of a replica that stands between this database and this gateway.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        [(DATABASE, self.url.clone()), (GATEWAY, self.provider.address().to_string())]
    }
}
