//! What a customer can do about an order: pay for it, or call it off.
//!
//! Attempt: payments leave for the gateway thirty milliseconds apart: far more than the database needs for one of them, on a busy machine, too.
// misses: gateway_calls_at_once

use std::time::Duration;

use sqlx::AnyPool;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

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
    drop(connection);

    next_turn().await;
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

/// Waits until thirty milliseconds after the payment before this one.
async fn next_turn() {
    static NEXT: Mutex<Option<Instant>> = Mutex::const_new(None);
    let mut next = NEXT.lock().await;
    let now = Instant::now();
    let mine = next.map_or(now, |next| next.max(now));
    *next = Some(mine + Duration::from_millis(30));
    drop(next);
    sleep_until(mine).await;
}
