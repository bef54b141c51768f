//! The generator against real services on real sockets.

mod call;
mod customers;
mod drive;
mod runs;
mod support;
