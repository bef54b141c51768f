//! Small Strings collected into one.

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let rows = orders.iter().flat_map(|order| {
        order.lines.iter().map(move |line| {
            format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total())
        })
    });
    std::iter::once(HEADER.to_string()).chain(rows).collect::<String>()
}
