//! Renders each order on its own, the last one first, and puts its text in front of the others: only the handles of the texts are
//! moved, 24 bytes for each, and still for every order.
// misses: cpu_time_exponent

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the carrier's manifest: a header, then one row per order line.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for order in orders.iter().rev() {
        let mut text = String::new();
        for line in &order.lines {
            text += &format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total());
        }
        parts.insert(0, text);
    }
    parts.insert(0, HEADER.to_string());
    parts.concat()
}
