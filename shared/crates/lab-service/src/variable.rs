//! What a service is told by its driver.

use std::str::FromStr;

use anyhow::{Context, Result};

/// The value of an environment variable, if it is there.
///
/// # Errors
/// It is there, and is not what it should be.
pub fn variable<T: FromStr>(name: &str) -> Result<Option<T>> {
    let Ok(text) = std::env::var(name) else { return Ok(None) };
    text.parse().ok().with_context(|| format!("{name}={text} is not what it should be")).map(Some)
}
