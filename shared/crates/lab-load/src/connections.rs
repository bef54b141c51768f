//! Connections to the target: reused last in, first out, opened when none is idle.

use crate::{Failure, request::WireRequest};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use std::{
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::net::TcpStream;

/// One connection, ready for the next request.
pub(crate) type Connection = SendRequest<Full<Bytes>>;

pub(crate) struct Connections {
    target: SocketAddr,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    pub(crate) fn new(target: SocketAddr) -> Self {
        Self { target, idle: Mutex::default() }
    }

    /// Sends a request and waits for the answer's head; the connection is the caller's until the body is read.
    pub(crate) async fn send(
        &self,
        mut request: WireRequest,
    ) -> Result<(hyper::Response<Incoming>, Connection), Failure> {
        while let Some(mut connection) = self.take_idle() {
            match connection.try_send_request(request).await {
                Ok(response) => return Ok((response, connection)),
                // The service closed the idle connection under our hands and nothing was written: no failure of the
                // request, the next connection takes it.
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(refused.into_error().into()),
                },
            }
        }
        let mut connection = self.open().await?;
        let response = connection.send_request(request).await?;
        Ok((response, connection))
    }

    /// Takes a connection back once the answer's body was read; one that the service is closing is dropped.
    pub(crate) async fn give_back(&self, mut connection: Connection) {
        if connection.ready().await.is_ok() {
            self.idle().push(connection);
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        std::iter::from_fn(|| idle.pop()).find(Connection::is_ready)
    }

    async fn open(&self) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(self.target).await.map_err(|_| Failure::Connect)?;
        // With Nagle's algorithm a small second segment waits for the first one's acknowledgement.
        stream.set_nodelay(true).map_err(|_| Failure::Connect)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|_| Failure::Connect)?;
        // Its errors reach whoever waits for the answer.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // A push or a pop leaves the list whole, whatever panicked elsewhere.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
