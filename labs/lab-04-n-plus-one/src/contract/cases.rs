//! All that can be on the page, and all that can change between two looks at it.

use anyhow::{Context, Result};
use lab_harness::Run;
use lab_harness::store::Check;
use orderflow_store::{Mirror, Scale};

use super::LatestOrders;

/// The biggest basket that the shop accepts, in lines.
const WHOLESALE: u32 = 2_000;

/// Plays them for a few seeds.
pub(super) async fn play(check: &mut Check<'_, LatestOrders>, run: &Run) -> Result<()> {
    for seed in run.seed..run.seed + if run.smoke { 1 } else { 3 } {
        one_shop(check, seed).await?;
    }
    Ok(())
}

/// A small shop, so that the same customers and products come up again and again.
async fn one_shop(check: &mut Check<'_, LatestOrders>, seed: u64) -> Result<()> {
    let pool = check.pool().clone();
    let pool = &pool;
    let shop = Mirror::empty(pool).await?;
    check.case(&format!("seed {seed}: a shop without orders"), &shop, &[0, 20]).await?;

    let mut shop = Mirror::open(pool, &Scale { seed, orders: 120, customers: 60, products: 50 }).await?;
    check.case(&format!("seed {seed}: ordinary orders"), &shop, &[1, 2, 20, 100]).await?;
    check.case("no orders wanted", &shop, &[0]).await?;
    check.case("more orders wanted than there are", &shop, &[121, 5_000]).await?;

    let now = shop.newest().context("the shop has orders")?.placed_at + 60;
    shop.place(pool, now, &[3, 4]).await?;
    check.case("an order came in since the last look", &shop, &[1, 20]).await?;
    let newest = shop.newest().context("the shop has orders")?.reference.clone();
    shop.cancel(pool, &newest).await?;
    check.case("an order was cancelled since the last look", &shop, &[1, 20]).await?;
    shop.rename_product(pool, 3, "Bob's \"Best\" kettle; DROP TABLE orders; --").await?;
    check.case("a product was renamed since the last look, with quotes", &shop, &[1, 20]).await?;
    shop.rename_customer(pool, 2, "Þórður 明 \u{1F4E6} $1 % _ \\").await?;
    check.case("a customer was renamed since the last look, in many scripts", &shop, &[20, 120]).await?;

    shop.place(pool, now, &[5]).await?;
    shop.place(pool, now, &[]).await?;
    shop.place(pool, now, &[6]).await?;
    check.case("four orders in the same second, one of them without lines", &shop, &[1, 2, 3, 4, 20]).await?;
    shop.place(pool, now - 100_000_000, &[7]).await?;
    check.case("an old order that was entered late", &shop, &[5, 20, 5_000]).await?;
    shop.place(pool, now + 1, &[9, 8, 9, 9]).await?;
    check.case("the same product three times in one order", &shop, &[1, 20]).await?;
    shop.take_lines_out(pool, &newest).await?;
    check.case("all lines of an order were taken out since the last look", &shop, &[20]).await?;

    let everything: Vec<u32> = (0..WHOLESALE).map(|line| 1 + line * 7 % 50).collect();
    shop.place(pool, now + 2, &everything).await?;
    check.case("a wholesale order of 2,000 lines", &shop, &[20]).await?;
    check.case_in_reverse("rows come in reverse where nothing orders them", &shop, &[1, 20, 100]).await?;
    Mirror::index_lines_by_product(pool).await?;
    check.case("the database got an index that lists an order's lines by product", &shop, &[1, 20, 100]).await?;
    Mirror::drop_index(pool).await?;
    let what = "orders come in between the page's statements, one after each of the first four";
    check.case_while_orders_come_in(what, &shop, now + 3..now + 7, 20).await
}
