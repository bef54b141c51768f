//! What a customer can do about an order: pay for it, or call it off.
//!
//! Attempt: whoever finds the order busy looks again, and nobody leaves the loop.

use sqlx::AnyPool;

use crate::contract::orders::{CANCELLED, PAID, PAYING, PENDING};
use crate::contract::{Charge, Gateway, Refusal, audit, orders};

/// Has the payment gateway charge what the order costs. The customer is told once that is saved.
///
/// Meanwhile the order is `paying`: nobody can pay it a second time, and nobody can cancel it. It stays so where the
/// gateway's answer was lost, until the nightly reconciliation has asked again.
pub async fn pay(pool: &AnyPool, gateway: &Gateway, reference: &str) -> Result<(), Refusal> {
    let mut connection = pool.acquire().await?;
    let order = orders::find(&mut *connection, reference).await?;
    while orders::change(&mut *connection, order.id, PENDING, PAYING).await.is_err() {}
    drop(connection);

    let charge = gateway.charge(reference, order.total).await?;

    let mut connection = pool.acquire().await?;
    match charge {
        Charge::Accepted => {
            orders::change(&mut *connection, order.id, PAYING, PAID).await?;
            audit::record(&mut *connection, order.id, "paid").await?;
            Ok(())
        }
        Charge::Declined => {
            orders::change(&mut *connection, order.id, PAYING, PENDING).await?;
            audit::record(&mut *connection, order.id, "declined").await?;
            Err(Refusal::Declined)
        }
    }
}

/// Calls off an order that nobody has paid. The customer is told once that is in the audit log.
pub async fn cancel(pool: &AnyPool, reference: &str) -> Result<(), Refusal> {
    let mut connection = pool.acquire().await?;
    let order = orders::find(&mut *connection, reference).await?;
    orders::change(&mut *connection, order.id, PENDING, CANCELLED).await?;
    audit::record(&mut *connection, order.id, "cancelled").await?;
    Ok(())
}
