//! A vector of bytes for each line, put together at the end.

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut lines = vec![HEADER.as_bytes().to_vec()];
    lines.extend(
        orders
            .iter()
            .flat_map(|order| {
                order.lines.iter().map(move |line| {
                    format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total())
                })
            })
            .map(String::into_bytes),
    );
    String::from_utf8(lines.concat()).expect("text put together is text")
}
