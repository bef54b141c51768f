//! The checkout's slot.

use std::pin::Pin;

use orderflow_payments::{Gateway, Lost};
use orderflow_store::{StoreError, disk_trouble};
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
    /// An answer for which the shop is responsible. One with a connection to where a [`orderflow_store::closed_pool`] leads is: somebody asked
    /// for one connection too many.
    ///
    /// # Errors
    /// The disk is full, or the database's server went away: nobody's fault.
    pub fn or_machine_trouble(answer: Result<(), Refusal>) -> Result<Result<(), Refusal>, StoreError> {
        match &answer {
            Err(Refusal::Database(sqlx::Error::Io(error))) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(answer)
            }
            Err(Refusal::Database(error)) => match disk_trouble(error) {
                Some(trouble) => Err(StoreError::Disk(trouble)),
                None => Ok(answer),
            },
            _ => Ok(answer),
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
        let answer = |kind: ErrorKind| Refusal::or_machine_trouble(Err(sqlx::Error::Io(Error::from(kind)).into()));
        assert!(answer(ErrorKind::NotFound).is_ok_and(|answer| answer.is_err()));
        assert!(answer(ErrorKind::ConnectionReset).is_err_and(|error| error.is_disk_trouble()));
        assert!(Refusal::or_machine_trouble(Err(Refusal::Declined)).is_ok_and(|answer| answer.is_err()));
    }
}
