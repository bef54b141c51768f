//! The manifest that the carrier collects every night: one line for each product in each parcel.

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    orders.iter().flat_map(|order| order.lines.iter().map(move |line| (order, line))).fold(
        String::from(HEADER),
        |manifest, (order, line)| {
            format!("{manifest}{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total())
        },
    )
}
