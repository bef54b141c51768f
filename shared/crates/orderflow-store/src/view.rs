//! A page of orders, as customer service sees it.

use std::fmt;

use orderflow::{Cents, Order};

use crate::Mirror;

/// An order as customer service sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    /// What people read out on the phone, such as `US-12345`.
    pub reference: String,
    /// When it was placed, in seconds since 1970.
    pub placed_at: i64,
    /// How far it has come, as the database calls it.
    pub status: String,
    /// What the customer is called today.
    pub customer: String,
    /// What was bought, in the order in which it was entered. Nothing is left of an order whose lines were all taken out.
    pub lines: Vec<LineView>,
}

/// A line of an order as customer service sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineView {
    /// Stock keeping unit, such as `SKU-00042`.
    pub sku: String,
    /// What the product is called today.
    pub name: String,
    /// How many.
    pub quantity: i64,
    /// Price of one when the order was placed.
    pub unit_price: Cents,
}

impl OrderView {
    /// An order as it is today.
    pub fn of(order: &Order, mirror: &Mirror) -> OrderView {
        let line = |line: &orderflow::OrderLine| LineView {
            sku: line.sku.clone(),
            name: mirror.product_of(line).into(),
            quantity: i64::from(line.quantity),
            unit_price: line.unit_price,
        };
        OrderView {
            reference: order.reference.clone(),
            placed_at: order.placed_at as i64,
            status: order.status.as_str().into(),
            customer: mirror.customer_of(order),
            lines: order.lines.iter().map(line).collect(),
        }
    }

    /// Where two pages differ first, in words: the place on the one, then on the other.
    pub fn first_difference(one: &[OrderView], other: &[OrderView]) -> (String, String) {
        let at = same(one, other);
        let line = match (one.get(at), other.get(at)) {
            (Some(one), Some(other)) => same(&one.lines, &other.lines),
            _ => 0,
        };
        (place(one, at, line), place(other, at, line))
    }

    /// Orders and lines on a page.
    pub fn rows(page: &[OrderView]) -> usize {
        page.iter().map(|order| 1 + order.lines.len()).sum()
    }
}

/// How many are the same at the beginning.
fn same<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// One order of a page in words, with one of its lines.
fn place(page: &[OrderView], at: usize, line: usize) -> String {
    let Some(order) = page.get(at) else { return format!("the page ends after {} orders", page.len()) };
    let lines = match (order.lines.get(line), order.lines.len()) {
        (Some(shown), lines) => format!("line {} of {lines}: {shown}", line + 1),
        (None, 0) => "without lines".into(),
        (None, lines) => format!("with {lines} lines"),
    };
    format!("order {} of {}: {order}, {lines}", at + 1, page.len())
}

impl fmt::Display for OrderView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OrderView { reference, placed_at, status, customer, .. } = self;
        write!(f, "{reference} of {customer:?}, {status}, placed at {placed_at}")
    }
}

impl fmt::Display for LineView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LineView { sku, name, quantity, unit_price } = self;
        write!(f, "{quantity} x {sku} {name:?} at {unit_price}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(reference: &str, quantities: &[i64]) -> OrderView {
        let line = |&quantity: &i64| LineView {
            sku: "SKU-00001".into(),
            name: "Oak throw".into(),
            quantity,
            unit_price: Cents(1_205),
        };
        OrderView {
            reference: reference.into(),
            placed_at: 9,
            status: "paid".into(),
            customer: "Ada".into(),
            lines: quantities.iter().map(line).collect(),
        }
    }

    #[test]
    fn a_difference_is_shown_where_it_is() {
        let expected = [order("US-1", &[1]), order("US-2", &[1, 2])];
        let got = [order("US-1", &[1]), order("US-2", &[1, 3])];
        let (expected, got) = OrderView::first_difference(&expected, &got);
        assert_eq!(
            expected,
            r#"order 2 of 2: US-2 of "Ada", paid, placed at 9, line 2 of 2: 2 x SKU-00001 "Oak throw" at 12.05"#
        );
        assert!(got.ends_with(r#"line 2 of 2: 3 x SKU-00001 "Oak throw" at 12.05"#), "{got}");
    }

    #[test]
    fn missing_orders_and_lines_are_said_to_be_missing() {
        let (_, got) = OrderView::first_difference(&[order("US-1", &[])], &[]);
        assert_eq!(got, "the page ends after 0 orders");
        let (expected, got) = OrderView::first_difference(&[order("US-1", &[])], &[order("US-1", &[1])]);
        assert!(expected.ends_with("without lines") && got.contains("line 1 of 1"), "{expected} {got}");
    }
}
