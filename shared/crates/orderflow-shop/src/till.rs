//! A till on the bench: a small pool, a quick gateway, orders that can be paid again and again.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use orderflow_payments::accepting_after;
use orderflow_store::throwaway::Throwaway;
use orderflow_store::{Backend, PoolSettings, Scale, StoreError, connect};
use sqlx::AnyPool;

use crate::{Checkout, Surroundings};

/// Connections of a till.
const CONNECTIONS: u32 = 4;
/// Customers who pay at the same time.
const CUSTOMERS: usize = 20;
/// How long a till's gateway takes.
const GATEWAY: Duration = Duration::from_millis(5);

/// A shop and its surroundings in this process. Fields are dropped in this order: the database goes last.
#[derive(Debug)]
pub struct Till {
    shop: AnyPool,
    surroundings: Surroundings,
    _database: Throwaway,
}

impl Till {
    /// Opens a till on a database of its own.
    ///
    /// # Errors
    /// The database or the system fails.
    pub fn open() -> Result<Till, StoreError> {
        let server = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
        let database = Throwaway::create(Backend::from_env()?, server.as_deref(), &AtomicBool::new(false))?;
        let scale = Scale { seed: 7, orders: CUSTOMERS, customers: 200, products: 100 };
        let surroundings = Surroundings::on(database.url(), &scale, accepting_after(GATEWAY))?;
        let settings = PoolSettings {
            max_connections: CONNECTIONS,
            min_connections: CONNECTIONS,
            acquire_timeout: Duration::from_secs(10),
        };
        let shop = surroundings.runtime.block_on(connect(database.url(), &settings))?;
        Ok(Till { shop, surroundings, _database: database })
    }

    /// Makes all orders pending again.
    ///
    /// # Panics
    /// When the database fails.
    pub fn reset(&self) {
        self.surroundings.make_pending().expect("the database answers");
    }

    /// All customers pay at once; done when the last one has an answer.
    ///
    /// # Panics
    /// When one of them is refused: a bench that measures refusals measures nothing.
    pub fn pay_all(&self, checkout: Checkout) {
        let Surroundings { runtime, provider, orders, .. } = &self.surroundings;
        runtime.block_on(async {
            let pay = |reference: &String| {
                let (pool, gateway, reference) = (self.shop.clone(), provider.gateway(), reference.clone());
                tokio::spawn(async move { (checkout.pay)(&pool, &gateway, &reference).await })
            };
            let paying: Vec<_> = orders.iter().map(|order| pay(&order.reference)).collect();
            for paid in paying {
                paid.await.expect("paying does not panic").expect("nobody is refused");
            }
        });
    }
}
