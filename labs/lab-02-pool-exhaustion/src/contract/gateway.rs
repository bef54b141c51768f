//! The shop's side of the payment gateway: one HTTP request for each charge.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::handshake;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use orderflow::Cents;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Refusal;

/// How long the shop waits for the gateway.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);

/// What the gateway did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// The card was charged.
    Accepted,
    /// The card was not charged, and will not be.
    Declined,
}

/// The body of a request to the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChargeRequest {
    pub(super) reference: String,
    pub(super) cents: i64,
}

/// The payment gateway, a service of somebody else's. Clones share their gauge.
#[derive(Debug, Clone)]
pub struct Gateway {
    address: SocketAddr,
    under_way: Arc<AtomicUsize>,
}

impl Gateway {
    /// The gateway that listens there.
    pub fn at(address: SocketAddr) -> Gateway {
        Gateway { address, under_way: Arc::default() }
    }

    /// Charges the customer's card, and waits for the bank's answer.
    pub async fn charge(&self, reference: &str, total: Cents) -> Result<Charge, Refusal> {
        let _call = Call::begin(&self.under_way);
        let request = ChargeRequest { reference: reference.into(), cents: total.0 };
        let answered = timeout(PATIENCE, self.post(&request)).await;
        match answered.map_err(|_| lost("timeout"))?? {
            StatusCode::OK => Ok(Charge::Accepted),
            StatusCode::PAYMENT_REQUIRED => Ok(Charge::Declined),
            status => Err(lost(status)),
        }
    }

    /// How many charges are waiting for their answer right now.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.load(Relaxed)
    }

    /// A connection for each charge: the gateway is far away and its answer takes long, so the handshake does not matter.
    async fn post(&self, charge: &ChargeRequest) -> Result<StatusCode, Refusal> {
        let stream = TcpStream::connect(self.address).await.map_err(lost)?;
        stream.set_nodelay(true).map_err(lost)?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(lost)?;
        // Its errors reach whoever waits for the answer.
        tokio::spawn(async move { drop(connection.await) });
        let body = serde_json::to_vec(charge).map_err(lost)?;
        let request = Request::post("/charges")
            .header(HOST, self.address.to_string())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(lost)?;
        Ok(sender.send_request(request).await.map_err(lost)?.status())
    }
}

fn lost(reason: impl ToString) -> Refusal {
    Refusal::GatewayLost(reason.to_string())
}

/// Counts itself as long as it lives, so that an abandoned call ends, too.
struct Call<'a>(&'a AtomicUsize);

impl Call<'_> {
    fn begin(under_way: &AtomicUsize) -> Call<'_> {
        under_way.fetch_add(1, Relaxed);
        Call(under_way)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
