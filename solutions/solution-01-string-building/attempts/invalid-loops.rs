//! Waits for an order that never comes.

use orderflow::Order;

/// Renders nothing, for ever.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut next = 0;
    while next != orders.len() + 1 {
        next = std::hint::black_box(next + 1) % (orders.len() + 1);
    }
    String::new()
}
