//! Keeps every version of the manifest.

use orderflow::Order;

/// Renders more and more.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut versions = Vec::new();
    loop {
        versions.push("x".repeat(std::hint::black_box(64 << 20) + orders.len()));
    }
}
