//! The picking page, once a month. Each file is the whole page; `diff m04.rs m05.rs` is what a reviewer saw in May.

use lab_harness::probe::allocations::{self, Allocations};
use orderflow_store::connections_in_use;
use sqlx::AnyPool;

/// So often the page is made from the same orders. SQLite's thread may still be putting something away, which only adds: the least
/// of several is the page's own.
const RENDERS: usize = 4;

macro_rules! months {
    ($($number:literal $month:ident)*) => {
        $(#[allow(missing_docs, reason = "documented in January")] pub mod $month;)*

        /// How many there are.
        pub const MONTHS: u32 = [$($number),*].len() as u32;

        /// The page as it was in a month.
        pub async fn page(month: u32, pool: &AnyPool) -> anyhow::Result<String> {
            match month {
                $($number => Ok($month::render(&$month::load(pool).await?)?),)*
                _ => Err(unknown(month)),
            }
        }

        /// What making a month's page from its loaded orders asks of the allocator. What sqlx allocates while it loads them depends on
        /// how two threads take turns, so it is no count.
        pub async fn allocations(month: u32, pool: &AnyPool) -> anyhow::Result<Allocations> {
            match month {
                $($number => {
                    let orders = $month::load(pool).await?;
                    settle(pool).await;
                    least(|| $month::render(&orders))
                })*
                _ => Err(unknown(month)),
            }
        }
    };
}

months! { 1 m01 2 m02 3 m03 4 m04 5 m05 6 m06 7 m07 8 m08 9 m09 10 m10 11 m11 12 m12 }

/// The least that any of several renderings asks for.
fn least(render: impl Fn() -> serde_json::Result<String>) -> anyhow::Result<Allocations> {
    let mut least: Option<Allocations> = None;
    for _ in 0..RENDERS {
        let (page, counted) = allocations::count(&render);
        page?;
        least = least.filter(|least| least.count <= counted.count).or(Some(counted));
    }
    Ok(least.unwrap_or_default())
}

fn unknown(month: u32) -> anyhow::Error {
    anyhow::anyhow!("there is no month {month}: the story has 1 to {MONTHS}")
}

/// Waits until sqlx has put its connection away, which it does in a task of its own.
async fn settle(pool: &AnyPool) {
    while connections_in_use(pool) > 0 {
        tokio::task::yield_now().await;
    }
}
