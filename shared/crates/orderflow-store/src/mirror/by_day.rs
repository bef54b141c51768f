//! Days with as many orders as somebody wants.

use sqlx::AnyPool;

use super::evenly::is_wholesale;
use super::{Mirror, SECONDS_OF_DAY};
use crate::{Scale, StoreError, seed};

/// A day's orders are placed within so many of its seconds, which are so far from each other: a busy day has several in the same second.
const MOMENTS: u64 = 1_009;
const APART: u64 = 80;

impl Mirror {
    /// As [`Mirror::open`]; then so many orders are placed anew, the first of `sizes` on the day `first` (counted from 1970), the second
    /// on the day after, and so on, none of them wholesale. Within a day they are not in the order in which they were entered. All other
    /// orders keep their times, which lie before `first` if that is late enough.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_by_day(pool: &AnyPool, scale: &Scale, first: u64, sizes: &[usize]) -> Result<Mirror, StoreError> {
        let mut mirror = Mirror { orders: scale.stored_orders(), ..Mirror::default() };
        mirror.deal_to_days(first, sizes);
        seed::store(pool, scale, &mirror.orders).await?;
        Ok(mirror)
    }

    fn deal_to_days(&mut self, first: u64, sizes: &[usize]) {
        let mut ordinary = self.orders.iter_mut().filter(|order| !is_wholesale(order));
        for (day, &size) in (first..).zip(sizes) {
            for (number, order) in (0..).zip(ordinary.by_ref().take(size)) {
                // A stride that has no divisor in common with the moments: neighbours lie hours apart.
                let moment = number * 619 % MOMENTS;
                order.placed_at = day * SECONDS_OF_DAY + moment * APART;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_the_orders_that_were_wanted() {
        let scale = Scale::whole_catalogue(5, 4_000);
        let mut mirror = Mirror { orders: scale.stored_orders(), ..Mirror::default() };
        mirror.deal_to_days(30_000, &[20, 0, 2_000]);
        let placed_on = |day: u64| -> Vec<u64> {
            let of_day = mirror.orders.iter().filter(|order| order.placed_at / SECONDS_OF_DAY == day);
            of_day.inspect(|order| assert!(!is_wholesale(order))).map(|order| order.placed_at).collect()
        };
        let sizes = [29_999, 30_000, 30_001, 30_002, 30_003].map(|day| placed_on(day).len());
        assert_eq!(sizes, [0, 20, 0, 2_000, 0]);
        let mut times = placed_on(30_002);
        assert!(!times.is_sorted(), "as they were entered");
        times.sort_unstable();
        times.dedup();
        assert_eq!(times.len(), MOMENTS as usize, "several in the same second");
    }
}
