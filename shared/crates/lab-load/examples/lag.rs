//! How late the generator is, and what a request costs it, on this machine: `cargo run --release -p lab-load --example lag`.
//!
//! Prints one JSON line per rate. The target answers from a thread of this program, so the figures are a little worse than
//! in a real run, where it is another process; what else the machine does meanwhile shows in them too.

use lab_load::{EachRequest, Request, Run, Schedule, Target};
use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

const WINDOW: Duration = Duration::from_secs(4);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let target = Target::loopback(listener.local_addr()?)?;
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(thread::spawn(|| answer(stream)))));
    for rate_per_s in [100.0, 1000.0, 3000.0] {
        let get = EachRequest::new("GET", |_| Request::get("/"));
        let report = Run::new(target.clone()).open(Schedule::constant(rate_per_s, WINDOW)?, get).drive()?;
        println!("{}", serde_json::to_string(&report.document(&target.to_string(), &format!("{rate_per_s}/s")))?);
    }
    Ok(())
}

fn answer(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut outgoing = &stream;
    for line in BufReader::new(&stream).lines() {
        // A GET ends with an empty line.
        if line?.is_empty() {
            outgoing.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
        }
    }
    Ok(())
}
