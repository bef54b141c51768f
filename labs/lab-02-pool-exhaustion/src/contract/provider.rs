//! The payment gateway's own side: a small HTTP service in the driver's process, which stands for a third party.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use tokio::net::TcpSocket;
use tokio::runtime::Handle;

use super::gateway::ChargeRequest;

/// Charges that may wait to be accepted: each comes on a connection of its own, and what the kernel drops is tried again a second later.
const BACKLOG: u32 = 4_096;

/// What the gateway answers with when it has charged the card and the answer is lost on its way.
pub(super) const LOST_AFTER_CHARGE: StatusCode = StatusCode::GATEWAY_TIMEOUT;

/// How the gateway answers a charge: 200 accepted, 402 declined, anything else is no answer.
pub(super) type Answering =
    Arc<dyn Fn(ChargeRequest) -> Pin<Box<dyn Future<Output = StatusCode> + Send>> + Send + Sync>;

/// An open gateway. It closes with the runtime it was opened on.
pub(super) struct Provider {
    pub(super) address: SocketAddr,
    accepted: Arc<Mutex<Vec<ChargeRequest>>>,
}

#[derive(Clone)]
struct Books {
    answering: Answering,
    accepted: Arc<Mutex<Vec<ChargeRequest>>>,
}

/// Accepts every charge, after this long.
pub(super) fn accepting_after(latency: Duration) -> Answering {
    Arc::new(move |_| {
        Box::pin(async move {
            tokio::time::sleep(latency).await;
            StatusCode::OK
        })
    })
}

impl Provider {
    /// Opens a gateway on a free port of the loopback interface.
    pub(super) fn open(runtime: &Handle, answering: Answering) -> Result<Provider> {
        let accepted = Arc::default();
        let books = Books { answering, accepted: Arc::clone(&accepted) };
        let router = Router::new().route("/charges", post(charge)).with_state(books);
        let _on_runtime = runtime.enter();
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Provider { address, accepted })
    }

    /// What was charged for each order, in cents, each charge by itself.
    pub(super) fn charged(&self) -> HashMap<String, Vec<i64>> {
        let mut charged: HashMap<String, Vec<i64>> = HashMap::new();
        for charge in lock(&self.accepted).iter() {
            charged.entry(charge.reference.clone()).or_default().push(charge.cents);
        }
        charged
    }

    /// Forgets what was charged so far.
    pub(super) fn close_the_books(&self) {
        lock(&self.accepted).clear();
    }
}

async fn charge(State(books): State<Books>, Json(charge): Json<ChargeRequest>) -> StatusCode {
    let status = (books.answering)(charge.clone()).await;
    if status == StatusCode::OK || status == LOST_AFTER_CHARGE {
        lock(&books.accepted).push(charge);
    }
    status
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A push leaves the list whole, whatever panicked elsewhere.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
