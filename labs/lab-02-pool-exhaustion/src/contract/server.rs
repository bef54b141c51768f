//! The shop as a program, and what is seen of its gauges.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use lab_harness::results::{Column, Record, Table};
use lab_harness::service::{self, Watch};
use lab_harness::{Run, emit};
use orderflow_payments::accepting_after;
use orderflow_shop::{POOL, Storefront};
use orderflow_store::PoolSettings;

use super::rig::{ORDERS_BY_HAND, Rig};
use super::{Checkout, Gateway};

/// Where the database is.
pub(super) const DATABASE: &str = "CHECKOUT_DATABASE";
/// Where the payment gateway listens.
pub(super) const GATEWAY: &str = "CHECKOUT_GATEWAY";
/// How many connections the pool has.
pub(super) const CONNECTIONS: &str = "CHECKOUT_CONNECTIONS";
/// How many milliseconds a request waits for a connection.
pub(super) const PATIENCE_MS: &str = "CHECKOUT_PATIENCE_MS";

/// How often the gauges are read.
const GLANCE: Duration = Duration::from_millis(5);
const GAUGES: [&str; 3] = ["requests in flight", "connections in use", "calls to the payment gateway under way"];

/// Serves until told to stop; then, when asked, says what the shop was holding meanwhile.
pub(super) fn serve(checkout: Checkout, run: &Run) -> Result<()> {
    // Started by hand, it has nobody who gives it a database and a gateway.
    let own = match std::env::var_os(DATABASE) {
        Some(_) => None,
        None => Some(Rig::lease(run.seed, ORDERS_BY_HAND, accepting_after(Duration::from_millis(200)))?),
    };
    let (database, gateway) = match &own {
        Some(rig) => (rig.url.clone(), rig.provider.gateway()),
        None => (std::env::var(DATABASE)?, Gateway::at(variable::<SocketAddr>(GATEWAY)?.context("no gateway")?)),
    };
    let connections = connections()?;
    let patience = variable(PATIENCE_MS)?.map_or(POOL.acquire_timeout, Duration::from_millis);
    let pool = PoolSettings { max_connections: connections, min_connections: connections, acquire_timeout: patience };
    let mut seen = Seen::default();
    let is_watched = Watch::asked()? == Watch::Polls;
    service::serve(run, async |door| {
        let shop = Storefront::open(checkout, &database, &pool, gateway).await?;
        let (listener, stop) = door.open()?;
        tokio::select! {
            served = shop.serve(listener, stop.requested()) => served?,
            () = seen.watch(&shop), if is_watched => {}
        }
        Ok(())
    })?;
    if is_watched {
        emit(&Record::Table(seen.table(connections)));
    }
    Ok(())
}

/// How many connections the pool has, here and in every service that we start.
pub(super) fn connections() -> Result<u32> {
    Ok(variable(CONNECTIONS)?.unwrap_or(POOL.max_connections))
}

/// The value of a variable, if it is there.
fn variable<T: std::str::FromStr>(name: &str) -> Result<Option<T>> {
    let Ok(text) = std::env::var(name) else { return Ok(None) };
    text.parse().ok().with_context(|| format!("{name}={text} is not what it should be")).map(Some)
}

/// What was seen of the shop's gauges while there was something to do.
#[derive(Default)]
struct Seen {
    glances: u64,
    sums: [u64; GAUGES.len()],
    most: [u64; GAUGES.len()],
}

impl Seen {
    /// Looks for ever.
    async fn watch(&mut self, shop: &Storefront) {
        let mut glance = tokio::time::interval(GLANCE);
        loop {
            glance.tick().await;
            let now = shop.gauges();
            if now.requests_in_flight > 0 {
                self.glances += 1;
                let now = [now.requests_in_flight, now.connections_in_use, now.gateway_calls_under_way];
                for (gauge, now) in now.into_iter().enumerate() {
                    self.sums[gauge] += now;
                    self.most[gauge] = self.most[gauge].max(now);
                }
            }
        }
    }

    fn table(&self, connections: u32) -> Table {
        let rows = GAUGES.iter().zip(self.sums).zip(self.most).map(|((name, sum), most)| {
            vec![(*name).into(), (sum as f64 / self.glances.max(1) as f64).into(), most.into()]
        });
        Table {
            title: format!("What the shop had in hand, with {connections} connections in its pool"),
            columns: ["gauge", "mean", "most"].map(|name| Column::new(name, "")).into(),
            rows: rows.collect(),
            plot: None,
        }
    }
}
