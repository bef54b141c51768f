//! Errors that decide the exit code.

use thiserror::Error;

/// Somebody asked for what does not exist: exit code 2.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The exit code that an error ends in: 2 for usage, 3 for what could not be done.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<Usage>() { 2 } else { 3 }
}
