//! `cargo bench -p solution-01-string-building`: yours beside the reference.

use lab_01_string_building::manifest::carrier_manifest as yours;
use solution_01_string_building::contract::CarrierManifest;
use solution_01_string_building::manifest::carrier_manifest as reference;

fn main() {
    lab_harness::bench::kernel::<CarrierManifest>(
        "carrier_manifest",
        &[("yours", |orders| yours(orders)), ("reference", |orders| reference(orders))],
    );
}
