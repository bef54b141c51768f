//! The program as it is typed, against real services on real sockets, most of which misbehave.

mod bad_service;
mod good_service;
mod signals;
#[path = "../over_http/support.rs"]
#[expect(dead_code, reason = "the library's own tests use the rest")]
mod support;
mod typed;
mod usage;
