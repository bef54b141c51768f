//! A service whose latencies anyone can compute, for load tools to be held against.
//!
//! `GET /stall` answers at once for 8 s and not at all for 2 s, over and over ([`Rhythm::BOOK`]). Customers who come at a constant rate
//! over whole periods wait longer than x s with probability 0.2 (1 - x/2), for 0 <= x < 2: their 90th, 95th and 99th percentiles are
//! 1000, 1500 and 1900 ms. A tool that says something else left customers out.

mod rhythm;
pub mod service;

pub use rhythm::Rhythm;
