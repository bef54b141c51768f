//! Pages that grow with their orders, whatever the seed.

use orderflow::Order;
use sqlx::{AnyPool, AssertSqlSafe};

use super::{Mirror, run};
use crate::{Scale, StoreError};

/// A basket with more lines than this is wholesale: one order in a hundred, and now and then as long as all others on the page.
const WHOLESALE_LINES: usize = 40;

pub(super) fn is_wholesale(order: &Order) -> bool {
    order.lines.len() > WHOLESALE_LINES
}

impl Mirror {
    /// As [`Mirror::open`]; then the newest so many orders are shuffled in time so that every page of them has about as many lines for
    /// each of its orders, and none of them is wholesale. What is counted then grows with the orders on the page, whatever the seed,
    /// and not with the luck of where a long one stands.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_evenly(pool: &AnyPool, scale: &Scale, newest: usize) -> Result<Mirror, StoreError> {
        let mut mirror = Mirror::open(pool, scale).await?;
        let moved = mirror.even_out(newest);
        let rows: Vec<String> =
            moved.iter().map(|&number| format!("({}, {})", number + 1, mirror.orders[number].placed_at)).collect();
        // Only numbers of ours become SQL text.
        let sql = format!(
            "WITH moved (id, placed_at) AS (VALUES {})
             UPDATE orders SET placed_at = (SELECT moved.placed_at FROM moved WHERE moved.id = orders.id)
             WHERE id IN (SELECT id FROM moved)",
            rows.join(", ")
        );
        run(pool, sqlx::query(AssertSqlSafe(sql))).await.map_err(StoreError::statement("move orders in time"))?;
        Ok(mirror)
    }

    /// Gives orders other times, out of the ones that there are. The numbers of those that were moved.
    fn even_out(&mut self, newest: usize) -> Vec<usize> {
        let by_time = self.newest_first();
        let is_ordinary = |number: &usize| !is_wholesale(&self.orders[*number]);
        let mut left: Vec<usize> = by_time.iter().copied().filter(is_ordinary).take(newest).collect();
        let times: Vec<u64> = by_time.iter().map(|number| self.orders[*number].placed_at).collect();
        let lines_of = |number: usize| self.orders[number].lines.len() as f64;
        let lines_each = left.iter().map(|number| lines_of(*number)).sum::<f64>() / left.len().max(1) as f64;

        let (mut dealt, mut lines) = (Vec::new(), 0.0);
        while !left.is_empty() {
            let wanted = lines_each * (dealt.len() + 1) as f64 - lines;
            let off = |number: &usize| (lines_of(*number) - wanted).abs();
            let (place, _) =
                left.iter().enumerate().min_by(|a, b| off(a.1).total_cmp(&off(b.1))).expect("some are left");
            let next = left.remove(place);
            lines += lines_of(next);
            dealt.push(next);
        }
        // Those who had to make room take the times of those who came for them.
        let top = &by_time[..dealt.len()];
        let displaced: Vec<usize> = top.iter().copied().filter(|number| !dealt.contains(number)).collect();
        let vacated: Vec<usize> = dealt.iter().copied().filter(|number| !top.contains(number)).collect();
        let vacated: Vec<u64> = vacated.into_iter().map(|number| self.orders[number].placed_at).collect();
        for (number, time) in dealt.iter().zip(times).chain(displaced.iter().zip(vacated)) {
            self.orders[*number].placed_at = time;
        }
        dealt.into_iter().chain(displaced).collect()
    }
}

#[cfg(test)]
mod tests {
    use lab_results::growth::{self, Class};

    use super::*;

    #[test]
    fn on_the_newest_pages_lines_grow_with_orders_whatever_the_seed() {
        for seed in 0..40 {
            let scale = Scale::whole_catalogue(seed, 6_000);
            let mut mirror = Mirror { orders: scale.stored_orders(), ..Mirror::default() };
            let times = |mirror: &Mirror| {
                let mut times: Vec<u64> = mirror.orders.iter().map(|order| order.placed_at).collect();
                times.sort_unstable();
                times
            };
            let before = times(&mirror);
            mirror.even_out(500);
            assert_eq!(times(&mirror), before, "the times are dealt out anew, and none is made up");
            // What a page asks for that sends one statement, two for each order, one for each line.
            let sent = [5, 20, 50, 100, 200, 500].map(|orders: u32| {
                let newest = mirror.orders_newest_first().take(orders as usize);
                let lines: usize = newest.map(|order| order.lines.len()).sum();
                (f64::from(orders), f64::from(1 + 2 * orders) + lines as f64)
            });
            assert_eq!(growth::fit(&sent).map(|growth| growth.class), Some(Class::Linear), "seed {seed}: {sent:?}");
        }
    }
}
