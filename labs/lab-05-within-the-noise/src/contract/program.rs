//! The program of a review: what `make lab-05` shows, and what `make verify-05` asks.

use std::cell::OnceCell;
use std::hint::black_box;
use std::process::ExitCode;

use anyhow::Result;
use lab_harness::pairing::{INPUTS, Sampling, Side, collect};
use lab_harness::probe::allocations;
use lab_harness::results::{Column, Counts, Record, Rule, Table};
use lab_harness::{Program, Run, emit};

use super::grade::{allocations_of, each, malformed, objections, timed_once};
use super::{LINES, MOST_LINES, OrderLine, Review, order, order_of};
use crate::confirmation::{CHANGES, Confirmation, on_main};

/// One look at all pairs; the interval is wrong about the median once in a hundred times.
const RULE: Rule = Rule { alpha: 0.01, looks: &[1], margin: 0.0 };

/// The `main` of a review's program.
pub fn main(review: fn() -> Review) -> ExitCode {
    lab_harness::program::main(&ReviewProgram { review, work: OnceCell::new() })
}

struct ReviewProgram {
    review: fn() -> Review,
    /// The order that profilers watch: made once, so that they do not watch it being made.
    work: OnceCell<Vec<OrderLine>>,
}

impl Program for ReviewProgram {
    fn reproduce(&self, run: &Run) -> Result<()> {
        emit(&Record::Table(once()));
        let text = "The first row is main against itself. Nothing differs there but who goes first, so a figure within its span says nothing.";
        emit(&Record::Note { text: text.into() });
        emit(&Record::Table(in_turns(run)));
        Ok(())
    }

    fn check(&self, _run: &Run) -> Result<()> {
        emit(&Record::Case { name: "the review".into() });
        let review = (self.review)();
        if let Some(wrong) = wrong(&review, &(self.review)()) {
            emit(&wrong);
            return Ok(());
        }
        // A review has no right answers until it is measured: that comes next.
        emit(&Record::Checked { cases: 0 });
        Ok(())
    }

    fn count(&self, run: &Run) -> Result<()> {
        emit(&Record::Case { name: "the review".into() });
        let review = (self.review)();
        if let Some(wrong) = wrong(&review, &review) {
            emit(&wrong);
            return Ok(());
        }
        let mut counts = Counts::new();
        for (number, change, opinion) in each(&review) {
            emit(&Record::Case { name: format!("pull request {number}") });
            let objections = objections(change, opinion, run.seed);
            counts.insert(format!("objections_{number}"), objections.len() as f64);
            for why in objections {
                emit(&Record::Note { text: format!("{number}: {why}.") });
            }
        }
        emit(&Record::Counts { size: LINES as u64, unit: "lines".into(), counts });
        Ok(())
    }

    /// Main and each change, for valgrind to tell their instructions apart by their names. Often, because what a first call finds in the
    /// allocator's lists differs from what the next ones find.
    fn once(&self, _run: &Run) -> Result<()> {
        (0..100).for_each(|_| call_all(&order(LINES)));
        emit(&Record::Counts { size: LINES as u64, unit: "lines".into(), counts: Counts::new() });
        Ok(())
    }

    fn work(&self, run: &Run) -> Result<()> {
        call_all(self.work.get_or_init(|| order(work_lines(run))));
        Ok(())
    }

    fn work_of(&self, run: &Run) -> String {
        format!("an order of {} lines, on main and with each change", work_lines(run))
    }
}

fn call_all(order: &[OrderLine]) {
    let on_main: Confirmation = on_main::confirmation;
    for confirmation in [on_main].into_iter().chain(CHANGES.map(|(_, change)| change)) {
        black_box(confirmation(black_box(order)));
    }
}

fn work_lines(run: &Run) -> usize {
    if run.smoke { LINES } else { MOST_LINES }
}

/// A review that nobody can measure again.
fn wrong(review: &Review, again: &Review) -> Option<Record> {
    let malformed = each(review).find_map(|(number, _, opinion)| {
        Some(Record::Wrong {
            case: format!("pull request {number}"),
            input: format!("{opinion:?}"),
            expected: "evidence that can be measured again".into(),
            got: malformed(opinion)?,
        })
    });
    malformed.or_else(|| {
        let (expected, got) = (format!("{review:?}"), format!("{again:?}"));
        let case = "the review, asked twice".into();
        (review != again).then(|| Record::Wrong { case, input: "nothing".into(), expected, got })
    })
}

/// All rows of a table: main against itself, then each change.
fn rows() -> impl Iterator<Item = (String, Confirmation)> {
    let again = ("main again".to_string(), on_main::confirmation as Confirmation);
    std::iter::once(again).chain(CHANGES.into_iter().map(|(number, change)| (number.to_string(), change)))
}

/// What a colleague sees who times both once, and what else they could have seen.
fn once() -> Table {
    let names = ["pull request", "1 in 20 is below", "half are below", "1 in 20 is above"];
    let row = |(name, change): (String, Confirmation)| {
        let [low, median, high] = timed_once(change);
        vec![name.into(), low.into(), median.into(), high.into()]
    };
    let title = format!("Main first, then the change, one call each, {LINES} lines: how many times as fast, 200 tries");
    Table {
        title,
        columns: names.map(|name| Column::new(name, "")).into(),
        rows: rows().map(row).collect(),
        plot: None,
    }
}

/// The same comparison with many short pairs, over changing orders; and what one call asks of the allocator, which no clock disturbs.
fn in_turns(run: &Run) -> Table {
    let names = ["pull request", "x as fast", "from", "to", "allocations", "bytes requested"];
    let orders: Vec<Vec<OrderLine>> = (0..INPUTS).map(|i| order_of(run.seed + i as u64, LINES)).collect();
    let row = |(name, change): (String, Confirmation)| {
        let pairs = collect(
            &Sampling { pairs: if run.smoke { 20 } else { 1_000 }, ..Sampling::new(run.seed) },
            |side, input: usize| {
                let confirmation = if side == Side::First { on_main::confirmation } else { change };
                black_box(confirmation(black_box(&orders[input])));
            },
        );
        let interval = RULE.interval(&pairs.log_ratios).map(|interval| interval.exp());
        let [median, low, high] = interval.map_or([f64::NAN; 3], |found| [found.median, found.low, found.high]);
        let order = order(LINES);
        let [_, count] = allocations_of(change, &order);
        let (_, asked) = allocations::count(|| change(&order));
        vec![name.into(), median.into(), low.into(), high.into(), count.into(), asked.bytes_requested.into()]
    };
    let title = format!(
        "Timed in turns, many short pairs, {LINES} lines: median and 99% interval; and what one call asks of the allocator"
    );
    Table {
        title,
        columns: names.map(|name| Column::new(name, "")).into(),
        rows: rows().map(row).collect(),
        plot: None,
    }
}
