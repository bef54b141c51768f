//! One String, extended by small ones.

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::from(HEADER);
    manifest.extend(orders.iter().flat_map(|order| {
        order.lines.iter().map(move |line| {
            format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total())
        })
    }));
    manifest
}
