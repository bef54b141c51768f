//! An order's lines at once, in front of those of later orders: the square of the orders.
// misses: cpu_time_exponent

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::new();
    for order in orders.iter().rev() {
        let mut rows = String::new();
        for line in &order.lines {
            rows += &format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total());
        }
        manifest.insert_str(0, &rows);
    }
    manifest.insert_str(0, HEADER);
    manifest
}
