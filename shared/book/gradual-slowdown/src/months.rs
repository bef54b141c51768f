//! The picking page, once a month. Each file is the whole page; `diff m04.rs m05.rs` is what a reviewer saw in May.

use lab_harness::probe::allocations::{self, Allocations};
use orderflow_store::connections_in_use;
use sqlx::AnyPool;

/// The page, and what making it from the loaded orders asked of the allocator. What sqlx allocates while it loads depends on
/// how two threads take turns, so it is no count.
pub type Counted = anyhow::Result<(String, Allocations)>;

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

        /// The same, with its allocations counted.
        pub async fn counted(month: u32, pool: &AnyPool) -> Counted {
            match month {
                $($number => {
                    let orders = $month::load(pool).await?;
                    settle(pool).await;
                    let (page, allocations) = allocations::count(|| $month::render(&orders));
                    Ok((page?, allocations))
                })*
                _ => Err(unknown(month)),
            }
        }
    };
}

months! { 1 m01 2 m02 3 m03 4 m04 5 m05 6 m06 7 m07 8 m08 9 m09 10 m10 11 m11 12 m12 }

fn unknown(month: u32) -> anyhow::Error {
    anyhow::anyhow!("there is no month {month}: the story has 1 to {MONTHS}")
}

/// Waits until sqlx has put its connection away, which it does in a task of its own.
async fn settle(pool: &AnyPool) {
    while connections_in_use(pool) > 0 {
        tokio::task::yield_now().await;
    }
}
