//! `make bench-01`: yours.

use lab_01_string_building::contract::CarrierManifest;
use lab_01_string_building::manifest::carrier_manifest;

fn main() {
    lab_harness::bench::kernel::<CarrierManifest>("carrier_manifest", &[("yours", |orders| carrier_manifest(orders))]);
}
