//! The shop over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use lab_harness::results::{Column, Record, Table};
use lab_harness::service::{self, Watch};
use lab_harness::{Run, emit};
use orderflow_store::{PoolSettings, connect, connections_in_use, disk_trouble, refused_upgrade};
use serde_json::json;
use sqlx::AnyPool;

use super::provider::accepting_after;
use super::rig::{ORDERS_BY_HAND, Rig};
use super::{CONNECTIONS, Checkout, Gateway, Refusal, orders};

/// Where the database is.
pub(super) const DATABASE: &str = "CHECKOUT_DATABASE";
/// Where the payment gateway listens.
pub(super) const GATEWAY: &str = "CHECKOUT_GATEWAY";
/// How many connections the pool has.
pub(super) const POOL: &str = "CHECKOUT_CONNECTIONS";
/// How many milliseconds a request waits for a connection.
pub(super) const PATIENCE_MS: &str = "CHECKOUT_PATIENCE_MS";

/// How often the gauges are read.
const GLANCE: Duration = Duration::from_millis(5);

/// What all requests share.
struct Shop {
    checkout: Checkout,
    pool: AnyPool,
    gateway: Gateway,
    in_flight: AtomicUsize,
}

/// Serves until told to stop; then, when asked, says what the shop was holding meanwhile.
pub(super) fn serve(checkout: Checkout, run: &Run) -> Result<()> {
    // Started by hand, it has nobody who gives it a database and a gateway.
    let own = match std::env::var_os(DATABASE) {
        Some(_) => None,
        None => Some(Rig::lease(run.seed, ORDERS_BY_HAND, accepting_after(Duration::from_millis(200)))?),
    };
    let (database, gateway) = match &own {
        Some(rig) => (rig.url().to_owned(), rig.gateway()),
        None => (std::env::var(DATABASE)?, Gateway::at(variable::<SocketAddr>(GATEWAY)?.context("no gateway")?)),
    };
    let connections = connections()?;
    let settings = PoolSettings {
        max_connections: connections,
        min_connections: connections,
        acquire_timeout: Duration::from_millis(variable(PATIENCE_MS)?.unwrap_or(1_500)),
    };
    let mut seen = Seen::default();
    let is_watched = Watch::asked()? == Watch::Polls;
    service::serve(run, async |door| {
        let pool = connect(&database, &settings).await?;
        let shop = Arc::new(Shop { checkout, pool, gateway, in_flight: AtomicUsize::new(0) });
        let router = Router::new()
            .route("/orders/{reference}", get(show))
            .route("/orders/{reference}/pay", post(pay))
            .route("/orders/{reference}/cancel", post(cancel))
            .route("/load-data", get(load_data))
            .with_state(Arc::clone(&shop));
        let (listener, stop) = door.open()?;
        // Small answers must not wait for the acknowledgement of the one before.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        let serving = axum::serve(listener, router).with_graceful_shutdown(stop.requested());
        tokio::select! {
            served = async { serving.await } => served?,
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
    Ok(variable(POOL)?.unwrap_or(CONNECTIONS))
}

/// The value of a variable, if it is there.
fn variable<T: std::str::FromStr>(name: &str) -> Result<Option<T>> {
    let Ok(text) = std::env::var(name) else { return Ok(None) };
    text.parse().ok().with_context(|| format!("{name}={text} is not what it should be")).map(Some)
}

async fn pay(State(shop): State<Arc<Shop>>, Path(reference): Path<String>) -> Response {
    shop.counted(async { answer((shop.checkout.pay)(&shop.pool, &shop.gateway, &reference).await) }).await
}

async fn cancel(State(shop): State<Arc<Shop>>, Path(reference): Path<String>) -> Response {
    shop.counted(async { answer((shop.checkout.cancel)(&shop.pool, &reference).await) }).await
}

/// The page that a customer reloads. It has nothing to do with payments.
async fn show(State(shop): State<Arc<Shop>>, Path(reference): Path<String>) -> Response {
    let found = async {
        match orders::find(&shop.pool, &reference).await {
            Ok(order) => Json(json!({ "status": order.status, "total_cents": order.total.0 })).into_response(),
            Err(refusal) => answer(Err(refusal)),
        }
    };
    shop.counted(found).await
}

/// What load tools ask for before they start: the orders that can be paid. It is no request of a customer's, and not counted.
async fn load_data(State(shop): State<Arc<Shop>>) -> Response {
    match orders::pending(&shop.pool).await {
        Ok(references) => Json(json!({ "order": references })).into_response(),
        Err(error) => answer(Err(error.into())),
    }
}

fn answer(answer: Result<(), Refusal>) -> Response {
    let Err(refusal) = answer else { return StatusCode::NO_CONTENT.into_response() };
    let mut words = refusal.to_string();
    let status = match &refusal {
        Refusal::UnknownOrder => StatusCode::NOT_FOUND,
        Refusal::NotPending => StatusCode::CONFLICT,
        Refusal::Declined => StatusCode::PAYMENT_REQUIRED,
        Refusal::GatewayLost(_) => StatusCode::BAD_GATEWAY,
        Refusal::Database(sqlx::Error::PoolTimedOut) => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Database(error) => match (disk_trouble(error), refused_upgrade(error)) {
            (Some(trouble), _) => {
                words = trouble;
                StatusCode::INSUFFICIENT_STORAGE
            }
            (None, Some(why)) => {
                words = format!("{refusal}: {why}; `orders::begin(pool)` does, in place of `pool.begin()`");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            (None, None) => StatusCode::INTERNAL_SERVER_ERROR,
        },
    };
    (status, Json(json!({ "error": words }))).into_response()
}

impl Shop {
    async fn counted(&self, request: impl Future<Output = Response>) -> Response {
        self.in_flight.fetch_add(1, Relaxed);
        let response = request.await;
        self.in_flight.fetch_sub(1, Relaxed);
        response
    }
}

/// What was seen of the shop's gauges while there was something to do.
#[derive(Default)]
struct Seen {
    glances: u64,
    gauges: [Gauge; 3],
}

#[derive(Default)]
struct Gauge {
    sum: u64,
    most: u64,
}

impl Seen {
    /// Looks for ever. A glance costs nothing next to a request.
    async fn watch(&mut self, shop: &Shop) {
        let mut glance = tokio::time::interval(GLANCE);
        loop {
            glance.tick().await;
            let in_flight = shop.in_flight.load(Relaxed) as u64;
            if in_flight > 0 {
                let now = [in_flight, connections_in_use(&shop.pool).into(), shop.gateway.under_way() as u64];
                self.glances += 1;
                for (gauge, now) in self.gauges.iter_mut().zip(now) {
                    gauge.sum += now;
                    gauge.most = gauge.most.max(now);
                }
            }
        }
    }

    fn table(&self, connections: u32) -> Table {
        let names = ["requests in flight", "connections in use", "calls to the payment gateway under way"];
        let rows = names.iter().zip(&self.gauges).map(|(name, gauge)| {
            let mean = gauge.sum as f64 / self.glances.max(1) as f64;
            vec![(*name).into(), mean.into(), gauge.most.into()]
        });
        Table {
            title: format!("What the shop had in hand, with {connections} connections in its pool"),
            columns: vec![Column::new("gauge", ""), Column::new("mean", ""), Column::new("most", "")],
            rows: rows.collect(),
            plot: None,
        }
    }
}
