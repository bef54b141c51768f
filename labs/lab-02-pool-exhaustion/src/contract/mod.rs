//! The shop around `checkout`, and what it is held against. The judge uses its own copy of this folder.

pub mod audit;
pub mod bench;
mod check;
mod count;
mod crowd;
mod gateway;
mod load;
pub mod orders;
mod program;
mod provider;
mod rig;
mod server;

use std::pin::Pin;
use std::process::ExitCode;

use sqlx::AnyPool;

pub use gateway::{Charge, Gateway};

/// Connections in the pool of a shop's replica.
pub const CONNECTIONS: u32 = 10;

/// The promise for the checkout: 99.9% of payments and cancellations are answered within this many milliseconds.
pub const CHECKOUT_MS: f64 = 500.0;

/// What the learner writes.
#[derive(Debug, Clone, Copy)]
pub struct Checkout {
    /// Pays for an order.
    pub pay: for<'a> fn(&'a AnyPool, &'a Gateway, &'a str) -> Answer<'a>,
    /// Calls an order off.
    pub cancel: for<'a> fn(&'a AnyPool, &'a str) -> Answer<'a>,
}

/// What the customer is told, once it is known.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + 'a>>;

/// Why a customer does not get what they asked for.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No order has this reference.
    #[error("there is no such order")]
    UnknownOrder,
    /// Somebody has paid the order, is paying it right now, or has called it off.
    #[error("the order is not pending")]
    NotPending,
    /// The bank says no.
    #[error("the card was declined")]
    Declined,
    /// Whether the card was charged is not known.
    #[error("the payment gateway gave no answer: {0}")]
    GatewayLost(String),
    /// Above all [`sqlx::Error::PoolTimedOut`]: no connection became free in time.
    #[error("{0}")]
    Database(#[from] sqlx::Error),
}

/// The `main` of this lab's programs.
pub fn main(checkout: Checkout) -> ExitCode {
    lab_harness::program::main(&program::Shop { checkout })
}
