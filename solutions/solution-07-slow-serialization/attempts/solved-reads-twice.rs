//! Reads the orders twice in memory: first whether they can all be read, then what they are.

use std::io::{self, BufReader, BufWriter, Read, Write};

use serde::Serialize;

use crate::contract::{WholesaleLine, WholesaleOrder};

/// Reads the orders and writes their confirmation. Where any of them cannot be read, all are refused, and nothing is written.
pub fn confirm_orders(orders: impl Read, confirmation: impl Write) -> io::Result<()> {
    let mut text = Vec::new();
    BufReader::new(orders).read_to_end(&mut text)?;
    // First whether they can all be read, then the orders.
    serde_json::from_slice::<Vec<WholesaleOrder>>(&text)?;
    let orders: Vec<WholesaleOrder> = serde_json::from_slice(&text)?;
    let orders: Vec<ConfirmedOrder> = orders.into_iter().map(ConfirmedOrder::from).collect();
    let total = orders.iter().map(|order| order.total).sum();

    let mut confirmation = BufWriter::new(confirmation);
    serde_json::to_writer(&mut confirmation, &Confirmation { format: 2, orders, total })?;
    confirmation.flush()
}

#[derive(Serialize)]
struct Confirmation {
    format: u32,
    orders: Vec<ConfirmedOrder>,
    total: i64,
}

#[derive(Serialize)]
struct ConfirmedOrder {
    reference: String,
    lines: Vec<ConfirmedLine>,
    total: i64,
}

impl From<WholesaleOrder> for ConfirmedOrder {
    fn from(WholesaleOrder { reference, lines }: WholesaleOrder) -> Self {
        let lines: Vec<ConfirmedLine> = lines.iter().zip(1..).map(ConfirmedLine::from).collect();
        let total = lines.iter().map(|line| line.total).sum();
        ConfirmedOrder { reference, lines, total }
    }
}

#[derive(Serialize)]
struct ConfirmedLine {
    line: u32,
    product: u32,
    quantity: u32,
    unit_price: i64,
    total: i64,
}

impl From<(&WholesaleLine, u32)> for ConfirmedLine {
    fn from((&WholesaleLine { product, quantity, unit_price }, line): (&WholesaleLine, u32)) -> Self {
        ConfirmedLine { line, product, quantity, unit_price, total: unit_price * i64::from(quantity) }
    }
}
