//! What the warehouse was promised. The judge uses its own copy of this folder.

mod cases;

use anyhow::Result;
use lab_harness::Run;
use lab_harness::results::Counts;
use lab_harness::store::{Check, Counted, Store};
use orderflow_store::{Mirror, Scale};
use serde::{Deserialize, Serialize};
use sqlx::AnyPool;

/// The shop's way to JSON. It counts the bytes that are written and read.
pub mod json {
    pub use lab_harness::probe::json::{Error, Value, parse, print};
}

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// All that the shop's services tell each other of an order.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the columns of the database, and what is made of them")]
pub struct Order {
    pub id: i64,
    pub reference: String,
    pub placed_at: i64,
    pub status: String,
    pub customer_id: i64,
    pub customer: String,
    pub lines: i64,
    pub total_cents: i64,
}

/// An order in the report, with these fields in this order. The report has a line for each, as [`json::print`] writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLine {
    /// What people read out on the phone.
    pub reference: String,
    /// Seconds since 1970.
    pub placed_at: i64,
    /// How far it has come.
    pub status: String,
    /// What the customer is called today.
    pub customer: String,
    /// How many lines the order has.
    pub lines: i64,
    /// What they come to.
    pub total_cents: i64,
}

/// Orders of the days that are counted: a day for each size, beginning with [`FIRST_DAY`].
const SIZES: [usize; 8] = [10, 20, 50, 100, 200, 500, 1_000, 2_000];
const FIRST_DAY: u32 = 20_600;
/// Orders of the day behind them: whoever works through the whole shop pays for them on the smallest day.
const BUSIEST: usize = 20_000;
/// Wholesale orders and others, of the days before.
const OTHERS: usize = 500;

/// The contract of `daily_report`.
#[derive(Debug)]
pub struct DailyReport;

impl Store for DailyReport {
    type Input = u32;
    type Answer = String;
    type Data = Mirror;

    const UNIT: &'static str = "orders";
    const REPRODUCE: &'static [usize] = &[100, 500, 2_000];
    const SLO_MS: f64 = 100.0;
    const COUNTED: &'static [usize] = &SIZES;
    const LARGER: Option<usize> = Some(BUSIEST);
    const LARGEST_IN_TESTS: usize = 500;
    const TIMED: &'static [usize] = &[100, 1_000];
    const TAKES_APART: bool = true;

    async fn fill(pool: &AnyPool, run: &Run) -> Result<Mirror> {
        let days = [&SIZES[..], &[BUSIEST]].concat();
        let orders = days.iter().sum::<usize>() + OTHERS;
        let scale = Scale { seed: run.seed, orders, customers: 2_000, products: 500 };
        Ok(Mirror::open_by_day(pool, &scale, FIRST_DAY.into(), &days).await?)
    }

    fn input(size: usize) -> u32 {
        (FIRST_DAY..)
            .zip(SIZES.into_iter().chain([BUSIEST]))
            .find(|&(_, orders)| orders == size)
            .map_or(0, |(day, _)| day)
    }

    fn expected(shop: &Mirror, day: u32) -> String {
        let lines = shop.orders_of_day(day.into()).into_iter().map(|order| {
            json::print(&ReportLine {
                reference: order.reference.clone(),
                placed_at: order.placed_at as i64,
                status: order.status.as_str().into(),
                customer: shop.customer_of(order),
                lines: order.lines.len() as i64,
                total_cents: order.total().0,
            })
        });
        lines.flat_map(|line| [line, "\n".into()]).collect()
    }

    async fn check(check: &mut Check<'_, Self>, run: &Run) -> Result<()> {
        cases::play(check, run).await
    }

    fn smaller(_: u32) -> Vec<u32> {
        Vec::new()
    }

    fn show(day: u32) -> String {
        format!("daily_report(pool, {day})")
    }

    fn difference(expected: &String, got: &String) -> (String, String) {
        let at = expected.split('\n').zip(got.split('\n')).take_while(|(right, got)| right == got).count();
        let line = |text: &String| match text.split('\n').nth(at) {
            None => format!("nothing after line {at}"),
            Some("") => format!("line {}: the end", at + 1),
            Some(line) => format!("line {}: {line}", at + 1),
        };
        (line(expected), line(got))
    }

    fn counts(so_far: &[Counted<Self>]) -> Counts {
        let (Some(first), Some(this)) = (so_far.first(), so_far.last()) else { return Counts::new() };
        let bytes = this.answer.len() as f64;
        let rows = |day: &Counted<Self>| day.sent.rows as f64 / day.answer.lines().count().max(1) as f64;
        let mut counts = Counts::from([
            ("statements".into(), this.sent.statements as f64),
            ("bytes_requested_per_byte".into(), this.allocated as f64 / bytes),
            ("json_written_per_byte".into(), this.json.written as f64 / bytes),
            ("json_read_per_byte".into(), this.json.read as f64 / bytes),
            // Of a shop that is read whole the quiet day tells; what is packed into a row shows on the busy one.
            ("rows_per_line".into(), so_far.iter().map(rows).fold(0.0, f64::max)),
            ("rows_per_line_min".into(), so_far.iter().map(rows).fold(f64::INFINITY, f64::min)),
        ]);
        if let (Some(quiet), Some(busy)) = (first.cost_ms, this.cost_ms.filter(|_| so_far.len() > 1)) {
            counts.insert("cost_of_quiet_day".into(), quiet / busy);
        }
        counts.extend(this.own_work_by_json.map(|times| ("own_work_by_json".into(), times)));
        if let Some(places) = this.places {
            counts.insert("time_in_statements_ms".into(), places.statements_ms);
            counts.insert("time_in_own_work_ms".into(), places.own_work_ms);
            counts.insert("time_in_json_ms".into(), places.json_ms);
        }
        counts
    }
}
