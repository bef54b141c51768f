//! A text for every hundred orders, joined at the end.

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut chunks = vec![String::from(HEADER)];
    for orders in orders.chunks(100) {
        let mut chunk = String::new();
        for order in orders {
            for line in &order.lines {
                chunk +=
                    &format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total());
            }
        }
        chunks.push(chunk);
    }
    chunks.concat()
}
