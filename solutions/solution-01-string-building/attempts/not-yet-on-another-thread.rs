//! The same work on a thread of its own: the caller has none of it.
// misses: bytes_requested_per_byte, cpu_time_exponent

use orderflow::Order;

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    std::thread::scope(|threads| threads.spawn(|| render(orders)).join().expect("it does not panic"))
}

fn render(orders: &[Order]) -> String {
    orders.iter().flat_map(|order| order.lines.iter().map(move |line| (order, line))).fold(
        String::from(HEADER),
        |manifest, (order, line)| {
            format!("{manifest}{};{};{};{};{}\n", order.reference, line.sku, line.name, line.quantity, line.total())
        },
    )
}
