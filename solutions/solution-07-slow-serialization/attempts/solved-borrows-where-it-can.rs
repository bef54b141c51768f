//! Names as slices of the text, or as texts of their own where there are escapes.

use std::borrow::Cow;
use std::io::{self, BufWriter, Read, Write};

use serde::{Deserialize, Serialize};

use crate::contract::WholesaleLine;

/// Reads the orders and writes their confirmation. Where any of them cannot be read, all are refused, and nothing is written.
pub fn confirm_orders(orders: impl Read, confirmation: impl Write) -> io::Result<()> {
    let (mut orders, mut text) = (orders, Vec::new());
    orders.read_to_end(&mut text)?;
    let orders: Vec<Order<'_>> = serde_json::from_slice(&text)?;
    let orders: Vec<ConfirmedOrder<'_>> = orders.into_iter().map(ConfirmedOrder::from).collect();
    let total = orders.iter().map(|order| order.total).sum();

    let mut confirmation = BufWriter::new(confirmation);
    serde_json::to_writer(&mut confirmation, &Confirmation { format: 2, orders, total })?;
    confirmation.flush()
}

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    reference: Cow<'a, str>,
    lines: Vec<WholesaleLine>,
}

#[derive(Serialize)]
struct Confirmation<'a> {
    format: u32,
    orders: Vec<ConfirmedOrder<'a>>,
    total: i64,
}

#[derive(Serialize)]
struct ConfirmedOrder<'a> {
    reference: Cow<'a, str>,
    lines: Vec<ConfirmedLine>,
    total: i64,
}

impl<'a> From<Order<'a>> for ConfirmedOrder<'a> {
    fn from(Order { reference, lines }: Order<'a>) -> Self {
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
