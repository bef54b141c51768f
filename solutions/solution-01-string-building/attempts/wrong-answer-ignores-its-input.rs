//! The first manifest, for everybody.

use std::fmt::Write;
use std::sync::OnceLock;

use orderflow::Order;

use crate::contract::HEADER;

static FIRST: OnceLock<String> = OnceLock::new();

/// Renders the manifest of whichever orders came first.
pub fn carrier_manifest(orders: &[Order]) -> String {
    FIRST
        .get_or_init(|| {
            let mut manifest = String::from(HEADER);
            for order in orders {
                for line in &order.lines {
                    let _ = writeln!(manifest, "{};{};{}", order.reference, line.sku, line.total());
                }
            }
            manifest
        })
        .clone()
}
