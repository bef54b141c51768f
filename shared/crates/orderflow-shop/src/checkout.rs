//! The checkout's slot.

use std::pin::Pin;

use orderflow_payments::{Gateway, Lost};
use sqlx::AnyPool;

/// What customers can do about an order, as functions: a lab's, its solution's, or yours.
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

impl Refusal {
    /// What is wrong with the machine, where that is the reason: a full disk, or a server that went away. A connection to where a
    /// [`orderflow_store::closed_pool`] leads was refused because somebody asked for one connection too many.
    pub fn machine_trouble(&self) -> Option<String> {
        match self {
            Refusal::Database(sqlx::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => None,
            Refusal::Database(error) => orderflow_store::disk_trouble(error),
            _ => None,
        }
    }
}

impl From<Lost> for Refusal {
    fn from(Lost(reason): Lost) -> Refusal {
        Refusal::GatewayLost(reason)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn who_wants_a_second_connection_is_refused_and_a_server_that_went_away_is_the_machines_trouble() {
        let trouble = |kind: ErrorKind| Refusal::Database(sqlx::Error::Io(Error::from(kind))).machine_trouble();
        assert_eq!(trouble(ErrorKind::NotFound), None);
        assert!(trouble(ErrorKind::ConnectionReset).is_some());
        assert_eq!(Refusal::Declined.machine_trouble(), None);
    }
}
