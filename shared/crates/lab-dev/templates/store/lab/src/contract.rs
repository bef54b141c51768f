//! What the report must say. The judge uses its own copy of this file.

use anyhow::Result;
use lab_harness::Run;
use lab_harness::results::Counts;
use lab_harness::store::{Check, Counted, Store};
use orderflow_store::{Mirror, Scale};
use sqlx::AnyPool;

/// Orders on the largest report that is shown, counted or timed.
const LARGEST: usize = 100;

/// The contract of `latest_totals`: the latest orders, the newest first, each with its reference and what it came to in cents.
#[derive(Debug)]
pub struct LatestTotals;

impl Store for LatestTotals {
    type Input = u32;
    type Answer = Vec<(String, i64)>;
    type Data = Mirror;

    const UNIT: &'static str = "orders";
    const REPRODUCE: &'static [usize] = &[5, 20, 100];
    const SLO_MS: f64 = 200.0;
    const COUNTED: &'static [usize] = &[1, 5, 20, 50, 100];
    const TIMED: &'static [usize] = &[20, 100];

    async fn fill(pool: &AnyPool, run: &Run) -> Result<Mirror> {
        let scale = Scale { seed: run.seed, orders: 1_200, customers: 200, products: 100 };
        Ok(Mirror::open_evenly(pool, &scale, LARGEST).await?)
    }

    fn input(size: usize) -> u32 {
        size as u32
    }

    fn expected(shop: &Mirror, limit: u32) -> Vec<(String, i64)> {
        let orders = shop.orders_newest_first().take(limit as usize);
        orders.map(|order| (order.reference.clone(), order.total().0)).collect()
    }

    async fn check(check: &mut Check<'_, Self>, run: &Run) -> Result<()> {
        let pool = check.pool().clone();
        let shop = Mirror::empty(&pool).await?;
        check.case("a shop without orders", &shop, &[0, 20]).await?;
        let mut shop = Mirror::open(&pool, &Scale { seed: run.seed, orders: 120, customers: 60, products: 50 }).await?;
        check.case("ordinary orders", &shop, &[0, 1, 20, 121]).await?;
        let newest = shop.newest().map_or(0, |order| order.placed_at) + 60;
        shop.place(&pool, newest, &[3, 4]).await?;
        shop.place(&pool, newest, &[]).await?;
        check.case("two orders in the same second, one of them without lines", &shop, &[1, 2, 20]).await
    }

    fn smaller(limit: u32) -> Vec<u32> {
        [0, 1, limit / 2].into_iter().filter(|&smaller| smaller < limit).collect()
    }

    fn show(limit: u32) -> String {
        format!("latest_totals(pool, {limit})")
    }

    fn difference(expected: &Vec<(String, i64)>, got: &Vec<(String, i64)>) -> (String, String) {
        let at = expected.iter().zip(got).take_while(|(expected, got)| expected == got).count();
        let place = |all: &Vec<(String, i64)>| format!("order {} of {}: {:?}", at + 1, all.len(), all.get(at));
        (place(expected), place(got))
    }

    fn counts(so_far: &[Counted<Self>]) -> Counts {
        let sent = so_far.last().map_or(0, |this| this.sent.statements);
        Counts::from([("statements".into(), sent as f64)])
    }
}
