//! The text grows from its end, so that the total is known first: each order moves all that is there. No request is made for it.
// misses: cpu_time_exponent

use std::io::{self, BufReader, BufWriter, Read, Write};

use serde::Serialize;

use crate::contract::{WholesaleLine, WholesaleOrder};

/// Reads the orders and writes their confirmation. Where any of them cannot be read, all are refused, and nothing is written.
pub fn confirm_orders(orders: impl Read, confirmation: impl Write) -> io::Result<()> {
    let orders: Vec<WholesaleOrder> = serde_json::from_reader(BufReader::new(orders))?;
    let orders: Vec<ConfirmedOrder> = orders.into_iter().map(ConfirmedOrder::from).collect();
    let total: i64 = orders.iter().map(|order| order.total).sum();

    let mut confirmation = BufWriter::new(confirmation);
    let (mut text, mut piece) = (format!("],\"total\":{total}}}").into_bytes(), Vec::new());
    for (i, order) in orders.iter().enumerate().rev() {
        piece.clear();
        if i > 0 {
            piece.push(b',');
        }
        serde_json::to_writer(&mut piece, order)?;
        text.splice(0..0, piece.iter().copied());
    }
    confirmation.write_all(b"{\"format\":2,\"orders\":[")?;
    confirmation.write_all(&text)?;
    confirmation.flush()
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
