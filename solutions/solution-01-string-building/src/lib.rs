//! Lab 01 solved: the same function, one buffer.

use std::process::ExitCode;

pub use lab_01_string_building::contract;
pub mod manifest;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::kernel::main::<contract::CarrierManifest>(|orders| manifest::carrier_manifest(orders))
}
