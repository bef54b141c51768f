//! What customer service was promised. The judge uses its own copy of this folder.

mod cases;
mod shop;

use std::fmt;

use anyhow::Result;
use lab_harness::Run;
use lab_harness::results::Counts;
use lab_harness::store::{Check, Counted, Store};
use orderflow::Cents;
use orderflow_store::Scale;
use sqlx::AnyPool;

pub use shop::Shop;

/// Orders on the largest page that is shown, counted or timed.
const LARGEST_PAGE: usize = 500;
/// Orders in the shop: many beside a page, so that whoever works through all of them pays for it on a page of one.
const ORDERS: usize = 6_000;

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

/// The contract of `recent_orders`.
#[derive(Debug)]
pub struct LatestOrders;

impl Store for LatestOrders {
    type Input = u32;
    type Answer = Vec<OrderView>;
    type Data = Shop;

    const UNIT: &'static str = "orders";
    const REPRODUCE: &'static [usize] = &[20, 100, 500];
    const SLO_MS: f64 = 200.0;
    const COUNTED: &'static [usize] = &[1, 5, 20, 50, 100, 200, 500];
    const TIMED: &'static [usize] = &[20, 100];

    async fn fill(pool: &AnyPool, run: &Run) -> Result<Shop> {
        let scale = if run.smoke {
            Scale { seed: run.seed, orders: 1_200, customers: 2_000, products: 1_000 }
        } else {
            Scale::whole_catalogue(run.seed, ORDERS)
        };
        Shop::open_evenly(pool, &scale, LARGEST_PAGE).await
    }

    fn input(size: usize) -> u32 {
        size as u32
    }

    fn expected(shop: &Shop, limit: u32) -> Vec<OrderView> {
        shop.latest_orders(limit)
    }

    async fn check(check: &mut Check<'_, Self>, run: &Run) -> Result<()> {
        cases::play(check, run).await
    }

    fn smaller(limit: u32) -> Vec<u32> {
        let mut smaller = vec![0, 1, limit / 2, limit.saturating_sub(1)];
        smaller.retain(|&smaller| smaller < limit);
        smaller
    }

    fn show(limit: u32) -> String {
        format!("recent_orders(pool, {limit})")
    }

    fn difference(expected: &Vec<OrderView>, got: &Vec<OrderView>) -> (String, String) {
        let at = first_difference(expected, got);
        let line = match (expected.get(at), got.get(at)) {
            (Some(expected), Some(got)) => first_difference(&expected.lines, &got.lines),
            _ => 0,
        };
        (place(expected, at, line), place(got, at, line))
    }

    fn counts(so_far: &[Counted<Self>]) -> Counts {
        let rows = |page: &Counted<Self>| page.sent.rows as f64 / rows_shown(&page.answer).max(1) as f64;
        let (Some(first), Some(this)) = (so_far.first(), so_far.last()) else { return Counts::new() };
        let mut counts = Counts::from([
            ("statements".into(), this.sent.statements as f64),
            ("rows".into(), this.sent.rows as f64),
            // Of a shop that is read whole, a large page shows much: the small one tells.
            ("rows_per_row_shown".into(), so_far.iter().map(rows).fold(0.0, f64::max)),
            // What is packed into a row shows on a large page.
            ("rows_per_row_shown_min".into(), so_far.iter().map(rows).fold(f64::INFINITY, f64::min)),
            ("kib_per_row_shown".into(), so_far.iter().map(kib_per_row_shown).fold(0.0, f64::max)),
        ]);
        if let (Some(one), Some(all)) = (first.cost_ms, this.cost_ms.filter(|_| so_far.len() > 1)) {
            counts.insert("cost_of_one_order".into(), one / all);
        }
        counts
    }
}

/// Memory asked for while a page is made, by what is on it. A page of one order has little on it and is not asked.
fn kib_per_row_shown(page: &Counted<LatestOrders>) -> f64 {
    if page.input <= 1 { 0.0 } else { page.allocated as f64 / 1024.0 / rows_shown(&page.answer).max(1) as f64 }
}

/// Orders and lines on a page.
fn rows_shown(page: &[OrderView]) -> usize {
    page.iter().map(|order| 1 + order.lines.len()).sum()
}

fn first_difference<T: PartialEq>(a: &[T], b: &[T]) -> usize {
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
        let expected = vec![order("US-1", &[1]), order("US-2", &[1, 2])];
        let got = vec![order("US-1", &[1]), order("US-2", &[1, 3])];
        let (expected, got) = LatestOrders::difference(&expected, &got);
        assert_eq!(
            expected,
            r#"order 2 of 2: US-2 of "Ada", paid, placed at 9, line 2 of 2: 2 x SKU-00001 "Oak throw" at 12.05"#
        );
        assert!(got.ends_with(r#"line 2 of 2: 3 x SKU-00001 "Oak throw" at 12.05"#), "{got}");
    }

    #[test]
    fn missing_orders_and_lines_are_said_to_be_missing() {
        let (_, got) = LatestOrders::difference(&vec![order("US-1", &[])], &Vec::new());
        assert_eq!(got, "the page ends after 0 orders");
        let (expected, got) = LatestOrders::difference(&vec![order("US-1", &[])], &vec![order("US-1", &[1])]);
        assert!(expected.ends_with("without lines") && got.contains("line 1 of 1"), "{expected} {got}");
    }

    #[test]
    fn smaller_questions_lead_to_the_smallest() {
        assert!(LatestOrders::smaller(0).is_empty());
        assert_eq!(LatestOrders::smaller(1), [0, 0, 0]);
        assert_eq!(LatestOrders::smaller(9), [0, 1, 4, 8]);
    }
}
