//! Takes for granted that every order has lines.

use std::fmt::Write;

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::from(HEADER);
    for order in orders {
        assert!(!order.lines.is_empty(), "order {} has no lines", order.reference);
        for line in &order.lines {
            let _ = writeln!(
                manifest,
                "{};{};{};{};{}",
                order.reference,
                line.sku,
                line.name,
                line.quantity,
                line.total()
            );
        }
    }
    manifest
}
