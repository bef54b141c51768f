//! Lab 01: the carrier's manifest. The learner edits `manifest.rs`.

pub mod contract;
pub mod manifest;
