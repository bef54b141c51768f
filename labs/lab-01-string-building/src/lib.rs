//! Lab 01: the carrier's manifest. The learner edits `manifest.rs`.

use std::process::ExitCode;

pub mod contract;
pub mod manifest;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::kernel::main::<contract::CarrierManifest>(|orders| manifest::carrier_manifest(orders))
}
