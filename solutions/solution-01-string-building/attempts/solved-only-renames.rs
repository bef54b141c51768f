//! The manifest that the carrier collects every night: one line for each product in each parcel.

use std::fmt::Write;

use orderflow::{Order, OrderLine};

use crate::contract::HEADER;

/// Renders the manifest of `orders`, in the order in which they are loaded.
pub fn carrier_manifest(orders: &[Order]) -> String {
    let parcels = orders.iter();
    let rows = parcels.flat_map(|order| order.lines.iter().map(move |line| (order, line)));
    rows.fold(String::from(HEADER), |mut text, (order, line)| {
        write_row(&mut text, order, line);
        text
    })
}

fn write_row(text: &mut String, order: &Order, line: &OrderLine) {
    let (reference, OrderLine { sku, name, quantity, .. }) = (&order.reference, line);
    writeln!(text, "{reference};{sku};{name};{quantity};{}", line.total())
        .expect("a String takes whatever is written to it");
}
