//! `push_str` for each part; numbers become Strings first.

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::from(HEADER);
    for order in orders {
        for line in &order.lines {
            let (quantity, total) = (line.quantity.to_string(), line.total().to_string());
            for part in [&order.reference, ";", &line.sku, ";", &line.name, ";", &quantity, ";", &total, "\n"] {
                manifest.push_str(part);
            }
        }
    }
    manifest
}
