//! One buffer that grows, and a wait for each order, as who asks another service first: no CPU time, and the truck waits longer than ever.
// misses: time

use std::fmt::Write;
use std::time::Duration;

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::from(HEADER);
    for order in orders {
        for line in &order.lines {
            writeln!(manifest, "{};{};{};{};{}", order.reference, line.sku, line.name, line.quantity, line.total())
                .expect("a String takes whatever is written to it");
        }
    }
    // No more for the largest nights, which the proof would wait for.
    std::thread::sleep(Duration::from_micros(300) * orders.len().min(1_000) as u32);
    manifest
}
