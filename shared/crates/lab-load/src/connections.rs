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
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// One connection, ready for the next request.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Bytes that came from the service so far.
    received: Arc<AtomicU64>,
}

pub(crate) struct Connections {
    target: SocketAddr,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    pub(crate) fn new(target: SocketAddr) -> Self {
        Self { target, idle: Mutex::default() }
    }

    /// Sends a request and waits for the answer's head; the connection is the caller's until the body is read.
    ///
    /// Where the service closes a kept connection after the request was written and before its answer, nobody can tell whether it was
    /// read. A request that `again` makes once more, because doing it twice is doing it once (RFC 9110, 9.2.2), goes out on a new
    /// connection, as browsers and k6 have it; wrk counts a failure. An answer of which a part came was begun, and has failed.
    pub(crate) async fn send(
        &self,
        mut request: WireRequest,
        again: impl FnOnce() -> Option<WireRequest>,
    ) -> Result<(hyper::Response<Incoming>, Connection), Failure> {
        while let Some(mut connection) = self.take_idle() {
            let before = connection.received.load(Relaxed);
            match connection.sender.try_send_request(request).await {
                Ok(response) => return Ok((response, connection)),
                // The service closed the idle connection under our hands and nothing was written: no failure of the
                // request, the next connection takes it.
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) => request = unsent,
                    None => {
                        let failure: Failure = refused.into_error().into();
                        let is_unanswered = connection.received.load(Relaxed) == before;
                        let repeated = if failure == Failure::Closed && is_unanswered { again() } else { None };
                        request = repeated.ok_or(failure)?;
                        break;
                    }
                },
            }
        }
        let mut connection = self.open().await?;
        let response = connection.sender.send_request(request).await?;
        Ok((response, connection))
    }

    /// Takes a connection back once the answer's body was read; one that the service is closing is dropped.
    pub(crate) async fn give_back(&self, mut connection: Connection) {
        if connection.sender.ready().await.is_ok() {
            self.idle().push(connection);
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        std::iter::from_fn(|| idle.pop()).find(|connection| connection.sender.is_ready())
    }

    async fn open(&self) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(self.target).await.map_err(|_| Failure::Connect)?;
        // With Nagle's algorithm a small second segment waits for the first one's acknowledgement.
        stream.set_nodelay(true).map_err(|_| Failure::Connect)?;
        let received = Arc::new(AtomicU64::new(0));
        let stream = Counting { stream, received: Arc::clone(&received) };
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|_| Failure::Connect)?;
        // Its errors reach whoever waits for the answer.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Connection { sender, received })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // A push or a pop leaves the list whole, whatever panicked elsewhere.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that counts what comes: hyper does not tell an answer that broke off in its head from one that never began.
struct Counting {
    stream: TcpStream,
    received: Arc<AtomicU64>,
}

impl AsyncRead for Counting {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, into: &mut ReadBuf) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        self.received.fetch_add((into.filled().len() - before) as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counting {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context,
        slices: &[io::IoSlice],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
