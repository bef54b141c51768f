//! A buffer of the right size, thrown away for every line all the same.
// misses: bytes_requested_per_byte

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::with_capacity(1 << 20);
    manifest.push_str(HEADER);
    for order in orders {
        for line in &order.lines {
            manifest = format!(
                "{manifest}{};{};{};{};{}\n",
                order.reference,
                line.sku,
                line.name,
                line.quantity,
                line.total()
            );
        }
    }
    manifest
}
