//! A real HTTP service, small enough to misbehave on command: a thread per connection, a closure per request.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// What arrived.
pub struct Received {
    pub path: String,
    pub head: String,
    pub body: String,
}

/// What to do about it.
pub enum Reply {
    /// Answer and keep the connection.
    Answer(u16, String),
    /// Answer, announce that the connection closes, and close it.
    AnswerAndClose(u16),
    /// Answer as if the connection stayed, and close it.
    AnswerAndVanish(u16),
    /// Close the connection without a word.
    Hangup,
    /// Begin an answer, and close before its head is complete.
    HalfHead,
    /// Announce a longer body than the one that is sent, and close.
    HalfBody,
    /// Something that is not HTTP.
    Garbage,
    /// Say nothing until the other side leaves.
    Silence,
}

impl Reply {
    pub fn ok() -> Self {
        Self::Answer(200, "{}".to_owned())
    }
}

/// A service, and how many connections it has accepted.
pub struct Service {
    pub address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl Service {
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// Starts a service on a free loopback port. Its threads end with the test program.
pub fn serve(handler: impl Fn(Received) -> Reply + Send + Sync + 'static) -> Service {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicUsize::new(0));
    let (handler, count) = (Arc::new(handler), Arc::clone(&accepted));
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, Ordering::SeqCst);
            let handler = Arc::clone(&handler);
            thread::spawn(move || converse(&stream, &*handler));
        }
    });
    Service { address, accepted }
}

fn converse(stream: &TcpStream, handler: &dyn Fn(Received) -> Reply) {
    let mut incoming = BufReader::new(stream);
    let mut outgoing = stream;
    while let Some(received) = receive(&mut incoming) {
        let (answer, stay) = match handler(received) {
            Reply::Answer(status, body) => (answer(status, "", &body), true),
            Reply::AnswerAndClose(status) => (answer(status, "connection: close\r\n", "{}"), false),
            Reply::AnswerAndVanish(status) => (answer(status, "", "{}"), false),
            Reply::Hangup => (String::new(), false),
            Reply::HalfHead => ("HTTP/1.1 200 OK\r\nContent-Le".to_owned(), false),
            Reply::HalfBody => ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_owned(), false),
            Reply::Garbage => ("220 smtp.example ready\r\n\r\n".to_owned(), false),
            Reply::Silence => {
                let _ = incoming.read_to_end(&mut Vec::new());
                return;
            }
        };
        if outgoing.write_all(answer.as_bytes()).is_err() || !stay {
            return;
        }
    }
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

fn receive(incoming: &mut BufReader<&TcpStream>) -> Option<Received> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if incoming.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_lowercase();
    let path = head.split(' ').nth(1)?.to_owned();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    incoming.read_exact(&mut body).ok()?;
    Some(Received { path, head, body: String::from_utf8(body).unwrap() })
}
