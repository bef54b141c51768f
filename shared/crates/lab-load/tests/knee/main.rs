//! The search for the knee, the law and the curve, on synthetic services whose answers are known. No clock, no socket.

mod curve;
mod search;
mod services;
mod usl;
