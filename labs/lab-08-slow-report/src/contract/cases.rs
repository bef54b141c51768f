//! All that a day can hold, and all that can change between two looks at it.

use anyhow::{Context, Result};
use lab_harness::Run;
use lab_harness::store::Check;
use orderflow_store::{Mirror, Scale};

use super::{DAY, DailyReport};

/// A day of its own for each case.
const DAYS: u32 = 21_000;
/// The day of all other orders.
const OPENED: u32 = 20_370;

/// Plays them for a few seeds.
pub(super) async fn play(check: &mut Check<'_, DailyReport>, run: &Run) -> Result<()> {
    for seed in run.seed..run.seed + if run.smoke { 1 } else { 3 } {
        one_shop(check, seed).await?;
    }
    Ok(())
}

async fn one_shop(check: &mut Check<'_, DailyReport>, seed: u64) -> Result<()> {
    let pool = check.pool().clone();
    let pool = &pool;
    let shop = Mirror::empty(pool).await?;
    check.case(&format!("seed {seed}: a shop without orders"), &shop, &[0, DAYS]).await?;

    let scale = Scale { seed, orders: 200, customers: 60, products: 50 };
    let mut shop = Mirror::open_by_day(pool, &scale, DAYS.into(), &[60, 1, 0, 30]).await?;
    let days = [DAYS - 1, DAYS, DAYS + 1, DAYS + 2, DAYS + 3, OPENED];
    check.case(&format!("seed {seed}: days of all sizes, one of them with wholesale orders"), &shop, &days).await?;
    let (day, start) = (DAYS + 10, u64::from(DAYS + 10) * DAY as u64);
    for at in [start - 1, start, start + DAY as u64 - 1, start + DAY as u64] {
        shop.place(pool, at, &[1, 2]).await?;
    }
    check.case("the first and the last second of a day, and one beyond each", &shop, &[day - 1, day, day + 1]).await?;
    shop.place(pool, start + 5, &[3]).await?;
    shop.place(pool, start + 5, &[]).await?;
    shop.place(pool, start + 4, &[4, 4]).await?;
    check.case("orders of the same second, one without lines, and an older one entered late", &shop, &[day]).await?;
    shop.rename_customer(pool, 1, "Bob \"the Kettle\" O'Hara \\ Söhne 明 \u{1F4E6} $1 % },{").await?;
    shop.rename_customer(pool, 2, "two\nlines\ta tab, \u{1} \u{7f} \u{2028} </script>").await?;
    check.case("customers were renamed since the last look, with all that JSON escapes", &shop, &[day, DAYS]).await?;
    let one = shop.orders_of_day(day.into()).first().context("it has orders")?.reference.clone();
    shop.cancel(pool, &one).await?;
    check.case("an order was cancelled since the last look", &shop, &[day]).await?;
    shop.take_lines_out(pool, &one).await?;
    check.case("all lines of an order were taken out since the last look", &shop, &[day]).await?;
    let wholesale: Vec<u32> = (0..2_000).map(|line| 1 + line * 7 % 50).collect();
    shop.place(pool, start + 9, &wholesale).await?;
    check.case("a wholesale order of 2,000 lines", &shop, &[day]).await?;
    check.case_in_reverse("rows come in reverse where nothing orders them", &shop, &[day, DAYS]).await?;
    let what = "orders are entered late, one after each of the report's first statements";
    check.case_while_orders_come_in(what, &shop, start + 6..start + 9, day).await
}
