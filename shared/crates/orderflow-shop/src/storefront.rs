//! The shop over HTTP.

use std::io;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use orderflow_payments::{Gateway, InFlight};
use orderflow_store::{PoolSettings, StoreError, connect, connections_in_use, disk_trouble, refused_upgrade};
use serde_json::{Value, json};
use sqlx::AnyPool;
use tokio::net::TcpListener;

use crate::{Checkout, Refusal, orders};

/// The pool of a shop's replica: ten connections, open from the start, and 1.5 s of patience for a request that waits for one.
pub const POOL: PoolSettings =
    PoolSettings { max_connections: 10, min_connections: 10, acquire_timeout: Duration::from_millis(1_500) };

/// One replica of the shop. Clones share its pool and its gauges.
#[derive(Debug, Clone)]
pub struct Storefront {
    checkout: Checkout,
    pool: AnyPool,
    gateway: Gateway,
    in_flight: InFlight,
}

/// What a replica has in hand at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauges {
    /// Requests of customers that are not answered yet.
    pub requests_in_flight: u64,
    /// Connections of the pool that somebody holds.
    pub connections_in_use: u64,
    /// Calls to the payment gateway that are not answered yet.
    pub gateway_calls_under_way: u64,
}

impl Gauges {
    /// All of them by their names. While the first one is zero, the replica has nothing to do.
    pub fn named(self) -> [(&'static str, u64); 3] {
        [
            ("requests in flight", self.requests_in_flight),
            ("connections in use", self.connections_in_use),
            ("calls to the payment gateway under way", self.gateway_calls_under_way),
        ]
    }
}

impl Storefront {
    /// Opens the pool on the database at this URL, which is migrated already.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn open(
        checkout: Checkout,
        database: &str,
        pool: &PoolSettings,
        gateway: Gateway,
    ) -> Result<Storefront, StoreError> {
        Ok(Storefront { checkout, pool: connect(database, pool).await?, gateway, in_flight: InFlight::default() })
    }

    /// Serves until `stop` completes and the requests in flight are answered.
    ///
    /// # Errors
    /// None today; axum reserves the right.
    pub async fn serve(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let router = Router::new()
            .route("/orders/{reference}", get(show))
            .route("/orders/{reference}/pay", post(pay))
            .route("/orders/{reference}/cancel", post(cancel))
            .route("/load-data", get(get_load_data))
            .with_state(self.clone());
        // Small answers must not wait for the acknowledgement of the one before.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        axum::serve(listener, router).with_graceful_shutdown(stop).await
    }

    /// What it has in hand right now. Reading costs nothing next to a request.
    pub fn gauges(&self) -> Gauges {
        Gauges {
            requests_in_flight: self.in_flight.now() as u64,
            connections_in_use: connections_in_use(&self.pool).into(),
            gateway_calls_under_way: self.gateway.under_way() as u64,
        }
    }
}

async fn pay(State(shop): State<Storefront>, Path(reference): Path<String>) -> Response {
    let paying = async { answer((shop.checkout.pay)(&shop.pool, &shop.gateway, &reference).await) };
    shop.in_flight.count(paying).await
}

async fn cancel(State(shop): State<Storefront>, Path(reference): Path<String>) -> Response {
    let cancelling = async { answer((shop.checkout.cancel)(&shop.pool, &reference).await) };
    shop.in_flight.count(cancelling).await
}

/// The page that a customer reloads. It has nothing to do with payments.
async fn show(State(shop): State<Storefront>, Path(reference): Path<String>) -> Response {
    match shop.in_flight.count(orders::find(&shop.pool, &reference)).await {
        Ok(order) => Json(json!({ "status": order.status, "total_cents": order.total.0 })).into_response(),
        Err(refusal) => answer(Err(refusal)),
    }
}

/// What load tools ask for before they start: the orders that can be paid. It is no request of a customer's, and not counted.
async fn get_load_data(State(shop): State<Storefront>) -> Response {
    match orders::pending(&shop.pool).await {
        Ok(references) => Json(load_data(&references)).into_response(),
        Err(error) => answer(Err(error.into())),
    }
}

/// What load tools are told of these orders.
pub fn load_data(references: &[impl AsRef<str>]) -> Value {
    let references: Vec<&str> = references.iter().map(AsRef::as_ref).collect();
    json!({ "order": references })
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
