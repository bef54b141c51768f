//! What a customer can do about an order: pay for it, or call it off.
// misses: gateway_calls_holding_connection, cancels_failed_with_one_connection

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
    orders::change(&mut *connection, order.id, PENDING, PAYING).await?;

    let charge = gateway.charge(reference, order.total).await?;

    let (status, action, outcome) = match charge {
        Charge::Accepted => (PAID, "paid", Ok(())),
        Charge::Declined => (PENDING, "declined", Err(Refusal::Declined)),
    };
    orders::change(&mut *connection, order.id, PAYING, status).await?;
    audit::record(&mut *connection, order.id, action).await?;
    outcome
}

/// Calls off an order that nobody has paid. The customer is told once that is in the audit log.
pub async fn cancel(pool: &AnyPool, reference: &str) -> Result<(), Refusal> {
    let mut held = pool.acquire().await?;
    let order = orders::find(&mut *held, reference).await?;
    orders::change(&mut *held, order.id, PENDING, CANCELLED).await?;
    audit::record(pool, order.id, "cancelled").await?;
    Ok(())
}
