//! Half of the orders on a thread of its own: more CPU time for the start, and no square.

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let (first, second) = orders.split_at(orders.len() / 2);
    std::thread::scope(|threads| {
        let second = threads.spawn(|| rows(second));
        [HEADER, &rows(first), &second.join().expect("it does not panic")].concat()
    })
}

fn rows(orders: &[Order]) -> String {
    let mut rows = String::new();
    for order in orders {
        for line in &order.lines {
            rows += &format!("{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total());
        }
    }
    rows
}
