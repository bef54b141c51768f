//! The service over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use anyhow::Result;
use axum::extract::State;
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use lab_harness::{Run, service};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::Rhythm;

struct Service {
    rhythm: Rhythm,
    started: Instant,
    fast: AtomicU64,
    stall: AtomicU64,
    in_flight: AtomicU64,
    in_flight_most: AtomicU64,
}

/// Serves as a lab's service does ([`service::serve_on`]), on one worker: `GET /fast`, `/stall` and `/stats`. The first period starts
/// when the address is told.
///
/// # Errors
/// Those of [`service::serve_on`].
pub fn serve(run: &Run, rhythm: Rhythm) -> Result<()> {
    service::serve_on(1, run, async |door| {
        let (listener, stop) = door.open()?;
        // Small answers must not wait for the acknowledgement of the one before.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        axum::serve(listener, router(rhythm)).with_graceful_shutdown(stop.requested()).await?;
        Ok(())
    })
}

fn router(rhythm: Rhythm) -> Router {
    let service = Service {
        rhythm,
        started: Instant::now(),
        fast: AtomicU64::new(0),
        stall: AtomicU64::new(0),
        in_flight: AtomicU64::new(0),
        in_flight_most: AtomicU64::new(0),
    };
    Router::new()
        .route("/fast", get(fast))
        .route("/stall", get(stall))
        .route("/stats", get(stats))
        .with_state(Arc::new(service))
}

async fn fast(State(service): State<Arc<Service>>) -> &'static str {
    service.fast.fetch_add(1, Relaxed);
    "ok"
}

async fn stall(State(service): State<Arc<Service>>) -> &'static str {
    let came = service.started.elapsed();
    service.stall.fetch_add(1, Relaxed);
    let _in_flight = InFlight::enter(&service);
    let answered = service.rhythm.answered(came);
    // A timer's own resolution is 1 ms, which nobody shall wait outside of a stall.
    if answered > came {
        sleep_until(service.started + answered).await;
    }
    "ok"
}

/// What was seen so far; `phase_ms` tells load tools when a period begins.
async fn stats(State(service): State<Arc<Service>>) -> Json<Value> {
    Json(json!({
        "phase_ms": service.rhythm.phase(service.started.elapsed()).as_millis() as u64,
        "fast": service.fast.load(Relaxed),
        "stall": service.stall.load(Relaxed),
        "in_flight_most": service.in_flight_most.load(Relaxed),
    }))
}

/// A request to `/stall` that is with the service; also one whose client has gone is counted out.
struct InFlight<'a>(&'a Service);

impl InFlight<'_> {
    fn enter(service: &Service) -> InFlight<'_> {
        let now = service.in_flight.fetch_add(1, Relaxed) + 1;
        service.in_flight_most.fetch_max(now, Relaxed);
        InFlight(service)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}
