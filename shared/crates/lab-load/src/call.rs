//! Single requests over a real socket, for checking that a service answers rightly before asking how fast.

use crate::{Failure, LoadError, Request, Target, connections::Connections, request::WireRequest, run::block_on};
use http_body_util::BodyExt;
use std::{io, net::SocketAddr, panic::resume_unwind, time::Duration};
use tokio::time::timeout;

/// How long a single call waits for its whole answer.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The body; bytes that are not UTF-8 are replaced.
    pub body: String,
}

/// Sends one request and waits for its answer, whatever its status.
///
/// # Errors
/// [`LoadError::NoAnswer`] when none came within [`CALL_TIMEOUT`]; a target that is not loopback, an invalid request.
pub fn call(target: SocketAddr, request: &Request) -> Result<Response, LoadError> {
    Target::loopback(target)?.call(request)
}

impl Target {
    /// As [`call`], also where somebody has said that another host is theirs.
    ///
    /// # Errors
    /// Those of [`call`].
    pub fn call(&self, request: &Request) -> Result<Response, LoadError> {
        block_on(answer(self.clone(), request.clone()))?
    }
}

/// Sends all requests at once, each on a connection of its own, and returns their results in the order of the requests.
/// The errors are those of [`call`].
pub fn call_all(target: SocketAddr, requests: Vec<Request>) -> Vec<Result<Response, LoadError>> {
    let count = requests.len();
    block_on(answer_all(target, requests)).unwrap_or_else(|error| {
        // An I/O error cannot be cloned; its kind and its words can.
        let again = || LoadError::Generator(io::Error::new(error.kind(), error.to_string()));
        (0..count).map(|_| Err(again())).collect()
    })
}

async fn answer_all(target: SocketAddr, requests: Vec<Request>) -> Vec<Result<Response, LoadError>> {
    // All are on their way before the first one is awaited.
    let tasks: Vec<_> = requests
        .into_iter()
        .map(|request| tokio::spawn(async move { answer(Target::loopback(target)?, request).await }))
        .collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        // Nobody cancels these tasks, so that a failed one has panicked.
        answers.push(task.await.unwrap_or_else(|error| resume_unwind(error.into_panic())));
    }
    answers
}

async fn answer(target: Target, request: Request) -> Result<Response, LoadError> {
    let (address, authority) = (target.address(), target.authority);
    let wire = request.to_wire(&authority)?;
    let answered = timeout(CALL_TIMEOUT, exchange(address, wire)).await.unwrap_or(Err(Failure::Timeout));
    answered.map_err(|failure| LoadError::NoAnswer { request: request.to_string(), target: address, failure })
}

async fn exchange(target: SocketAddr, request: WireRequest) -> Result<Response, Failure> {
    // The connection lives until the body is read.
    let (response, _connection) = Connections::new(target).send(request, || None).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok(Response { status, body: String::from_utf8_lossy(&body).into_owned() })
}
