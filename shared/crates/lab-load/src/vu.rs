//! A virtual user: one customer, from arriving to leaving.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::Incoming;
use orderflow::random::SplitMix64;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};

use crate::connections::Connection;
use crate::shared::Shared;
use crate::{Failure, Request, Response};

/// A virtual user. It has one place among those in flight, from its first request to its end, and at most one request under way.
pub struct Vu {
    shared: Arc<Shared>,
    iteration: u64,
    random: SplitMix64,
    /// When the next request is meant to leave.
    intended: Instant,
    /// When the generator got round to this arrival; taken by its first request. A user of a closed model has no arrival.
    arrived: Option<Instant>,
    place: Option<OwnedSemaphorePermit>,
}

impl Vu {
    /// A customer of an open model, who was meant to come at `intended`.
    pub(crate) fn arriving(shared: Arc<Shared>, intended: Instant) -> Self {
        Self { arrived: Some(Instant::now()), ..Self::waiting(shared, intended) }
    }

    /// A user of a closed model, who comes when it is done with the iteration before.
    pub(crate) fn waiting(shared: Arc<Shared>, intended: Instant) -> Self {
        let iteration = shared.next_iteration();
        // Iterations must not share a stretch of one stream, as they would with seeds that follow one another.
        let random = SplitMix64::new(SplitMix64::new(shared.seed.wrapping_add(iteration)).next_u64());
        Self { shared, iteration, random, intended, arrived: None, place: None }
    }

    /// Another customer, who comes in the same moment, with an iteration, random numbers and a place of its own: customers of a push
    /// message are not independent. To be asked for before the first request.
    #[must_use]
    pub fn companion(&self) -> Self {
        Self { arrived: self.arrived, ..Self::waiting(Arc::clone(&self.shared), self.intended) }
    }

    /// The number of this iteration in the run, from 0.
    pub fn iteration(&self) -> u64 {
        self.iteration
    }

    /// Random numbers of this iteration: they follow from the run's seed and the iteration's number.
    pub fn random(&mut self) -> &mut SplitMix64 {
        &mut self.random
    }

    /// Sends a request and reads its answer to the end. It is counted under `step`, and its response time begins when it was
    /// meant to leave: for the first request of an iteration at its arrival, for others at the end of the one before.
    ///
    /// # Errors
    /// What it was counted as: nothing has to be done about it.
    pub async fn send(&mut self, step: &str, request: &Request) -> Result<(), Failure> {
        self.make(step, request, false).await.map(drop)
    }

    /// As [`Vu::send`], and keeps the answer.
    ///
    /// # Errors
    /// As [`Vu::send`]; then there is no answer, whatever it was.
    pub async fn fetch(&mut self, step: &str, request: &Request) -> Result<Response, Failure> {
        let (status, body) = self.make(step, request, true).await?;
        Ok(Response { status: status.as_u16(), body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// Think time: the next request is meant to leave this long after the answer before.
    pub async fn pause(&mut self, length: Duration) {
        self.intended += length;
        sleep(self.intended.saturating_duration_since(Instant::now())).await;
    }

    async fn make(&mut self, step: &str, request: &Request, keep: bool) -> Result<(StatusCode, Bytes), Failure> {
        let shared = Arc::clone(&self.shared);
        let lag = self.arrived.take().map(|arrived| arrived.saturating_duration_since(self.intended));
        let open = shared.records().due(step, self.intended, lag);
        if self.place.is_none() {
            // The semaphore is fair: places go to those who came first. It is never closed, so there is always one to come.
            self.place = Arc::clone(&shared.places).acquire_owned().await.ok();
        }
        shared.records().sent(open, Instant::now());

        let exchange = exchange(&shared, request, open, keep);
        let (outcome, connection) = timeout(shared.timeout, exchange).await.unwrap_or((Err(Failure::Timeout), None));
        self.intended = Instant::now();
        shared.records().settle(open, outcome.as_ref().err().copied(), self.intended);
        // After the clock has stopped, but before the place is free, so that there are never more connections than places.
        // A service that answers and then never finishes reading must not keep the place for ever.
        if let Some(connection) = connection {
            let _ = timeout(shared.timeout, shared.connections.give_back(connection)).await;
        }
        outcome
    }
}

/// Sends the request and reads the whole answer.
async fn exchange(
    shared: &Shared,
    request: &Request,
    open: usize,
    keep: bool,
) -> (Result<(StatusCode, Bytes), Failure>, Option<Connection>) {
    let Ok(wire) = request.to_wire(&shared.authority) else { return (Err(Failure::Unsendable), None) };
    let again = || {
        let wire = request.method.is_idempotent().then(|| request.to_wire(&shared.authority).ok()).flatten()?;
        shared.records().resent(open);
        Some(wire)
    };
    let (response, connection) = match shared.connections.send(wire, again).await {
        Ok(answered) => answered,
        Err(failure) => return (Err(failure), None),
    };
    let status = response.status();
    let body = match read(response.into_body(), keep).await {
        Ok(body) => body,
        Err(failure) => return (Err(failure), None),
    };
    let as_expected = request.expect_status.map_or(status.is_success(), |expected| status.as_u16() == expected);
    (if as_expected { Ok((status, body)) } else { Err(Failure::Status(status.as_u16())) }, Some(connection))
}

async fn read(mut body: Incoming, keep: bool) -> Result<Bytes, Failure> {
    if keep {
        return Ok(body.collect().await?.to_bytes());
    }
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(Bytes::new())
}
