//! What customer service was promised. The judge uses its own copy of this folder.

mod cases;

use anyhow::Result;
use lab_harness::Run;
use lab_harness::results::Counts;
use lab_harness::store::{Check, Counted, Store};
use orderflow_store::{Mirror, Scale};
use sqlx::AnyPool;

pub use orderflow_store::{LineView, OrderView};

/// Orders on the largest page that is shown, counted or timed.
const LARGEST_PAGE: usize = 500;
/// Orders in the shop: many beside a page, so that whoever works through all of them pays for it on a page of one.
const ORDERS: usize = 6_000;

/// The contract of `recent_orders`.
#[derive(Debug)]
pub struct LatestOrders;

impl Store for LatestOrders {
    type Input = u32;
    type Answer = Vec<OrderView>;
    type Data = Mirror;

    const UNIT: &'static str = "orders";
    const REPRODUCE: &'static [usize] = &[20, 100, 500];
    const SLO_MS: f64 = 200.0;
    const COUNTED: &'static [usize] = &[1, 5, 20, 50, 100, 200, 500];
    const TIMED: &'static [usize] = &[20, 100];

    async fn fill(pool: &AnyPool, run: &Run) -> Result<Mirror> {
        let scale = if run.smoke {
            Scale { seed: run.seed, orders: 1_200, customers: 2_000, products: 1_000 }
        } else {
            Scale::whole_catalogue(run.seed, ORDERS)
        };
        Ok(Mirror::open_evenly(pool, &scale, LARGEST_PAGE).await?)
    }

    fn input(size: usize) -> u32 {
        size as u32
    }

    fn expected(shop: &Mirror, limit: u32) -> Vec<OrderView> {
        // All orders, sorted, cut off, written out.
        shop.orders_newest_first().take(limit as usize).map(|order| OrderView::of(order, shop)).collect()
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
        OrderView::first_difference(expected, got)
    }

    fn counts(so_far: &[Counted<Self>]) -> Counts {
        let rows = |page: &Counted<Self>| page.sent.rows as f64 / OrderView::rows(&page.answer).max(1) as f64;
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
    if page.input <= 1 { 0.0 } else { page.allocated as f64 / 1024.0 / OrderView::rows(&page.answer).max(1) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaller_questions_lead_to_the_smallest() {
        assert!(LatestOrders::smaller(0).is_empty());
        assert_eq!(LatestOrders::smaller(1), [0, 0, 0]);
        assert_eq!(LatestOrders::smaller(9), [0, 1, 4, 8]);
    }
}
