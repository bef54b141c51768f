//! A small text for each line, put together in the end: one request for memory each.

use std::io::{self, BufReader, BufWriter, Read, Write};

use serde::Serialize;

use crate::contract::{WholesaleLine, WholesaleOrder};

/// Reads the orders and writes their confirmation. Where any of them cannot be read, all are refused, and nothing is written.
pub fn confirm_orders(orders: impl Read, confirmation: impl Write) -> io::Result<()> {
    let orders: Vec<WholesaleOrder> = serde_json::from_reader(BufReader::new(orders))?;
    let mut confirmation = BufWriter::new(confirmation);
    let (mut parts, mut total) = (Vec::new(), 0);
    for order in orders {
        let order = ConfirmedOrder::from(order);
        total += order.total;
        let lines = order.lines.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?.join(",");
        parts.push(format!(
            "{{\"reference\":{},\"lines\":[{lines}],\"total\":{}}}",
            serde_json::to_string(&order.reference)?,
            order.total
        ));
    }
    write!(confirmation, "{{\"format\":2,\"orders\":[{}],\"total\":{total}}}", parts.join(","))?;
    confirmation.flush()
}

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
