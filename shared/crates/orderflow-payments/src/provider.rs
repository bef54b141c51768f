//! The payment gateway's own side: a small HTTP service that stands in for a third party.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use tokio::net::TcpSocket;
use tokio::runtime::Handle;

use crate::{ChargeRequest, Gateway};

/// Charges that may wait to be accepted: each comes on a connection of its own, and what the kernel drops is tried again a second later.
const BACKLOG: u32 = 4_096;

/// What the gateway does about a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Charges the card and says so (200).
    Accepted,
    /// Does not charge the card and says so (402).
    Declined,
    /// Does not charge the card and is out of order (503).
    Unavailable,
    /// Charges the card, and its answer is lost on the way (504).
    LostAfterCharge,
}

/// How the gateway decides; see [`answering`].
pub type Answering = Arc<dyn Fn(ChargeRequest) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync>;

/// A gateway that decides so. What the function awaits is the gateway's latency.
pub fn answering<F>(decide: impl Fn(ChargeRequest) -> F + Send + Sync + 'static) -> Answering
where
    F: Future<Output = Reply> + Send + 'static,
{
    Arc::new(move |charge| Box::pin(decide(charge)))
}

/// A gateway that accepts every charge, after this long.
pub fn accepting_after(latency: Duration) -> Answering {
    answering(move |_| async move {
        tokio::time::sleep(latency).await;
        Reply::Accepted
    })
}

/// An open gateway. It closes with the runtime it was opened on.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    accepted: Arc<Mutex<Vec<ChargeRequest>>>,
}

#[derive(Clone)]
struct Books {
    answering: Answering,
    accepted: Arc<Mutex<Vec<ChargeRequest>>>,
}

impl Provider {
    /// Opens a gateway on a free port of the loopback interface.
    ///
    /// # Errors
    /// The system gives no port.
    pub fn open(runtime: &Handle, answering: Answering) -> io::Result<Provider> {
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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A new client of it.
    pub fn gateway(&self) -> Gateway {
        Gateway::at(self.address)
    }

    /// What was charged for each order, in cents, each charge by itself.
    pub fn charged(&self) -> HashMap<String, Vec<i64>> {
        let mut charged: HashMap<String, Vec<i64>> = HashMap::new();
        for charge in lock(&self.accepted).iter() {
            charged.entry(charge.reference.clone()).or_default().push(charge.cents);
        }
        charged
    }

    /// Forgets what was charged so far.
    pub fn close_the_books(&self) {
        lock(&self.accepted).clear();
    }
}

async fn charge(State(books): State<Books>, Json(charge): Json<ChargeRequest>) -> StatusCode {
    let reply = (books.answering)(charge.clone()).await;
    if matches!(reply, Reply::Accepted | Reply::LostAfterCharge) {
        lock(&books.accepted).push(charge);
    }
    match reply {
        Reply::Accepted => StatusCode::OK,
        Reply::Declined => StatusCode::PAYMENT_REQUIRED,
        Reply::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Reply::LostAfterCharge => StatusCode::GATEWAY_TIMEOUT,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A push leaves the list whole, whatever panicked elsewhere.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
