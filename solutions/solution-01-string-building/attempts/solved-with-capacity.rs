//! One buffer, sized beforehand.

use std::fmt::Write;

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let lines: usize = orders.iter().map(|order| order.lines.len()).sum();
    let mut manifest = String::with_capacity(HEADER.len() + 60 * lines);
    manifest.push_str(HEADER);
    for order in orders {
        for line in &order.lines {
            let Order { reference, .. } = order;
            let _ = writeln!(manifest, "{reference};{};{};{};{}", line.sku, line.name, line.quantity, line.total());
        }
    }
    manifest
}
