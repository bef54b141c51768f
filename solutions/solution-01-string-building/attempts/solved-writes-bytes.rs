//! A vector of bytes as a writer.

use std::io::Write;

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = HEADER.as_bytes().to_vec();
    for order in orders {
        for line in &order.lines {
            write!(manifest, "{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total())
                .expect("a vector takes whatever is written to it");
        }
    }
    String::from_utf8(manifest).expect("what was formatted is text")
}
