//! Pull request 240, mended.

use std::collections::HashMap;

use orderflow::{Cents, OrderLine};

struct Article {
    sku: String,
    name: String,
    quantity: u32,
    amount: Cents,
}

/// A row for each article, and the total.
pub fn confirmation(lines: &[OrderLine]) -> String {
    let mut rows: HashMap<String, usize> = HashMap::new();
    let mut articles: Vec<Article> = Vec::new();
    for line in lines {
        let row = *rows.entry(line.sku.clone()).or_insert(articles.len());
        if row == articles.len() {
            let (sku, name) = (line.sku.clone(), line.name.clone());
            articles.push(Article { sku, name, quantity: 0, amount: Cents(0) });
        }
        articles[row].quantity += line.quantity;
        articles[row].amount = articles[row].amount + line.total();
    }
    let mut text = String::new();
    let mut total = Cents(0);
    for Article { sku, name, quantity, amount } in &articles {
        text += &format!("{quantity} x {name} ({sku}): {amount}\n");
        total = total + *amount;
    }
    text += &format!("Total: {total}\n");
    text
}
