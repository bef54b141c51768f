//! The daily report. Replace it by your own plausible code with a real fault.

use orderflow::Order;

/// How many units `orders` sold in total.
pub fn units_sold(orders: &[Order]) -> u64 {
    orders.iter().flat_map(|order| order.lines.clone()).map(|line| u64::from(line.quantity)).sum()
}
