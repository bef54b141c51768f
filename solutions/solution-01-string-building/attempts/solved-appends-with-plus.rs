//! `text + &line` looks quadratic and is not: it appends to the buffer that it was given.

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    orders
        .iter()
        .flat_map(|order| order.lines.iter().map(move |line| (order, line)))
        .fold(String::from(HEADER), |manifest, (order, line)| {
            manifest
                + &format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total())
        })
}
