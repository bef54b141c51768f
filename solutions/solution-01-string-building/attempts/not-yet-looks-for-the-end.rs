//! Walks to the end of the text before each line, as `strcat` does.
// misses: cpu_time_exponent

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut manifest = String::from(HEADER);
    for order in orders {
        for line in &order.lines {
            let end = std::hint::black_box(&manifest).bytes().filter(|byte| *byte != 0).count();
            manifest.insert_str(
                end,
                &format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total()),
            );
        }
    }
    manifest
}
