//! Lab 03: signing in. The learner edits `sign_in.rs`.

pub mod contract;
pub mod sign_in;
