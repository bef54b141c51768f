//! The shop's side of the payment gateway: one HTTP request for each charge.

use std::net::SocketAddr;
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

use crate::InFlight;

/// How long we wait for the gateway.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// What the gateway did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// The card was charged.
    Accepted,
    /// The card was not charged, and will not be.
    Declined,
}

/// Whether the card was charged is not known; the text says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payment gateway gave no answer: {0}")]
pub struct Lost(pub String);

/// The body of a request to the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeRequest {
    /// The order's.
    pub reference: String,
    /// What the order costs.
    pub cents: i64,
}

/// The payment gateway, a service of somebody else's. Clones share their gauge.
#[derive(Debug, Clone)]
pub struct Gateway {
    address: SocketAddr,
    under_way: InFlight,
}

impl Gateway {
    /// The gateway that listens there.
    pub fn at(address: SocketAddr) -> Gateway {
        Gateway { address, under_way: InFlight::default() }
    }

    /// Charges the customer's card, and waits for the bank's answer.
    ///
    /// # Errors
    /// The gateway did not answer within [`PATIENCE`], or with neither 200 (accepted) nor 402 (declined).
    pub async fn charge(&self, reference: &str, total: Cents) -> Result<Charge, Lost> {
        let request = ChargeRequest { reference: reference.into(), cents: total.0 };
        let answered = self.under_way.count(timeout(PATIENCE, self.post(&request))).await;
        match answered.map_err(|_| lost("timeout"))?? {
            StatusCode::OK => Ok(Charge::Accepted),
            StatusCode::PAYMENT_REQUIRED => Ok(Charge::Declined),
            status => Err(lost(status)),
        }
    }

    /// How many charges are waiting for their answer right now.
    pub fn under_way(&self) -> usize {
        self.under_way.now()
    }

    /// A connection for each charge: the gateway is far away and its answer takes long, so the handshake does not matter.
    async fn post(&self, charge: &ChargeRequest) -> Result<StatusCode, Lost> {
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

fn lost(reason: impl ToString) -> Lost {
    Lost(reason.to_string())
}
