//! The last line first, and each one in front of the others: no request more than the reference makes, and all text moved each time.
// misses: cpu_time_exponent

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::new();
    for order in orders.iter().rev() {
        for line in order.lines.iter().rev() {
            manifest.insert_str(
                0,
                &format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total()),
            );
        }
    }
    manifest.insert_str(0, HEADER);
    manifest
}
