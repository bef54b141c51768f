//! Forgets what it promised.
// built apart: it does not compile

use orderflow::Order;

/// Renders the manifest of `orders`.
pub fn carrier_manifest(orders: &[Order]) -> String {
    orders.len()
}
