//! Lab 01's program; `lab` runs it.

use std::process::ExitCode;

use lab_01_string_building::contract::CarrierManifest;
use lab_01_string_building::manifest::carrier_manifest;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    lab_harness::kernel::main::<CarrierManifest>(|orders| carrier_manifest(orders))
}
