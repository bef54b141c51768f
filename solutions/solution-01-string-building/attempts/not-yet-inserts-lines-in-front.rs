//! Within an order each line goes in front of the later ones: no request more than the reference makes, and the square of the longest order.
// misses: cpu_time_exponent

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::from(HEADER);
    for order in orders {
        let mut rows = String::new();
        for line in order.lines.iter().rev() {
            rows.insert_str(
                0,
                &format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total()),
            );
        }
        manifest.push_str(&rows);
    }
    manifest
}
