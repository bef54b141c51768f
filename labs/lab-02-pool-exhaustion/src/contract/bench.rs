//! A till on the bench: a small pool, a quick gateway, orders that can be paid again and again.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Result;
use orderflow_payments::accepting_after;
use orderflow_store::throwaway::Throwaway;
use orderflow_store::{Backend, PoolSettings, connect};
use sqlx::AnyPool;

use super::Checkout;
use super::rig::Rig;

/// Connections of a till.
pub const TILL_CONNECTIONS: u32 = 4;
/// Customers who pay at the same time.
pub const TILL_CUSTOMERS: usize = 20;
/// How long a till's gateway takes.
pub const TILL_GATEWAY: Duration = Duration::from_millis(5);

/// A shop and its surroundings in this process.
pub struct Till {
    shop: AnyPool,
    rig: Rig,
}

impl Till {
    /// Opens a till on a database of its own.
    pub fn open() -> Result<Till> {
        let server = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
        let own = Throwaway::create(Backend::from_env()?, server.as_deref(), &AtomicBool::new(false))?;
        let rig = Rig::on(own.url().into(), Box::new(own), 7, TILL_CUSTOMERS, accepting_after(TILL_GATEWAY))?;
        let settings = PoolSettings {
            max_connections: TILL_CONNECTIONS,
            min_connections: TILL_CONNECTIONS,
            acquire_timeout: Duration::from_secs(10),
        };
        let shop = rig.runtime.block_on(connect(&rig.url, &settings))?;
        Ok(Till { shop, rig })
    }

    /// Makes all orders pending again.
    ///
    /// # Panics
    /// When the database fails.
    pub fn reset(&self) {
        self.rig.make_pending().expect("the database answers");
    }

    /// All customers pay at once; done when the last one has an answer.
    ///
    /// # Panics
    /// When one of them is refused: a bench that measures refusals measures nothing.
    pub fn pay_all(&self, checkout: Checkout) {
        self.rig.runtime.block_on(async {
            let pay = |reference: &String| {
                let (pool, gateway, reference) = (self.shop.clone(), self.rig.provider.gateway(), reference.clone());
                tokio::spawn(async move { (checkout.pay)(&pool, &gateway, &reference).await })
            };
            let paying: Vec<_> = self.rig.orders.iter().map(|order| pay(&order.reference)).collect();
            for paid in paying {
                paid.await.expect("paying does not panic").expect("nobody is refused");
            }
        });
    }
}
