//! A String for each line, joined at the end.

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut lines = vec![HEADER.trim_end().to_string()];
    lines.extend(orders.iter().flat_map(|order| {
        order.lines.iter().map(move |line| {
            format!("{};{};{};{};{}", order.reference, line.sku, line.name, line.quantity, line.total())
        })
    }));
    lines.join("\n") + "\n"
}
