//! Forgets what it promised.

use orderflow::Order;

/// Renders the manifest of `orders`.
pub fn carrier_manifest(orders: &[Order]) -> String {
    orders.len()
}
