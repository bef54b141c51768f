//! Each order is rendered by the original's fold: the square of the longest order, and no square of the night.
// misses: bytes_requested_per_byte

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::from(HEADER);
    for order in orders {
        manifest += &order.lines.iter().fold(String::new(), |rows, line| {
            format!("{rows}{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total())
        });
    }
    manifest
}
