//! The manifest that the carrier collects every night: one line for each product in each parcel.
// misses: bytes_requested_per_byte

use orderflow::{Order, OrderLine};

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let parcels = orders.iter();
    let rows = parcels.flat_map(|order| order.lines.iter().map(move |line| (order, line)));
    rows.fold(String::from(HEADER), |text, (order, line)| with_row(text, order, line))
}

fn with_row(text: String, order: &Order, line: &OrderLine) -> String {
    let (reference, OrderLine { sku, name, quantity, .. }) = (&order.reference, line);
    format!("{text}{reference};{sku};{name};{quantity};{}\n", line.total())
}
