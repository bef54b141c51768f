//! The generator against real services on real sockets.

mod call;
mod drive;
mod support;
