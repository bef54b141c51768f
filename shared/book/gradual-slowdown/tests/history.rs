//! The story holds: the committed baselines are what the program counts, and no step looks like much to whoever makes it.

use std::path::{Path, PathBuf};

use gradual_slowdown::count::counts;
use gradual_slowdown::months::MONTHS;
use gradual_slowdown::warehouse::{SIZES, Warehouse};
use lab_harness::results::baseline::{Baseline, Run, Step, Subject, history};
use lab_harness::results::{Class, Counts};

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn committed(month: u32) -> Baseline {
    let path = here(&format!("baselines/month-{month:02}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("a baseline")
}

fn all() -> Vec<Baseline> {
    (1..=MONTHS).map(committed).collect()
}

fn steps() -> Vec<Step> {
    history(&all()).expect("the months can be compared")
}

/// Counts of a committed month at one size.
fn at(baseline: &Baseline, size: u64) -> Counts {
    let counts = &baseline.subjects["gradual-slowdown"].counts;
    counts.iter().map(|(name, count)| (name.clone(), count.at[&size])).collect()
}

/// Its own harness, because the janitor of its database is this very file started again.
fn main() {
    if std::env::args().nth(1).as_deref() == Some(lab_harness::database::HOLD_DATABASE) {
        lab_harness::database::hold_database();
        return;
    }
    type Test = (&'static str, fn());
    let tests: [Test; 5] = [
        ("the_committed_baselines_are_what_is_counted_today", the_committed_baselines_are_what_is_counted_today),
        ("no_single_step_looks_like_much_on_the_laptop", no_single_step_looks_like_much_on_the_laptop),
        ("the_year_as_a_whole_does", the_year_as_a_whole_does),
        ("the_page_of_the_book_tells_every_move", the_page_of_the_book_tells_every_move),
        ("a_month_is_a_small_change", a_month_is_a_small_change),
    ];
    for (name, test) in tests {
        test();
        println!("ok {name}");
    }
}

fn the_committed_baselines_are_what_is_counted_today() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let counted: Vec<Run> = runtime.block_on(async {
        let warehouse = Warehouse::empty().await.expect("a database");
        let mut months = vec![Run::new(); MONTHS as usize];
        for size in SIZES {
            warehouse.fill(7, size).await.expect("filled");
            for (month, run) in (1..).zip(&mut months) {
                run.push((size, counts(month, &warehouse).await.expect("counted")));
            }
        }
        months
    });
    for (month, run) in (1..).zip(counted) {
        let now = Subject::from_runs(&[run], &[]).expect("counts").of_unit("parcels");
        let kept = &committed(month).subjects["gradual-slowdown"].counts;
        assert_eq!(&now.counts, kept, "month {month}: `cargo lab dev history --record` writes what is counted now");
    }
}

/// What a reviewer could have measured in the month itself: five orders, one view.
fn no_single_step_looks_like_much_on_the_laptop() {
    let months = all();
    for pair in months.windows(2) {
        let (then, now) = (at(&pair[0], SIZES[0]), at(&pair[1], SIZES[0]));
        let more = |count: &str| now[count] - then[count];
        let name = &pair[1].name;
        assert!(more("statements") <= 5.0, "{name}");
        assert!(more("rows") <= 20.0, "{name}");
        assert!(more("comparisons") <= 50.0, "{name}");
        assert!(more("allocations") <= 250.0, "{name}");
        assert!(more("bytes_requested") <= 20_000.0, "{name}");
        assert!(more("response_bytes") <= 200.0, "{name}");
    }
}

fn the_year_as_a_whole_does() {
    let months = all();
    let class = |month: &Baseline, count: &str| {
        month.subjects["gradual-slowdown"].counts[count].growth.expect("sizes enough").class
    };
    let (january, december) = (&months[0], &months[11]);
    for (count, then, now) in [
        ("statements", Class::Constant, Class::Linear),
        ("comparisons", Class::Constant, Class::Quadratic),
        ("allocations", Class::Linear, Class::Linearithmic),
    ] {
        assert_eq!((class(january, count), class(december, count)), (then, now), "{count}");
    }
    let (then, now) = (at(january, 2_000), at(december, 2_000));
    assert!(now["statements"] > 1_000.0 * then["statements"]);
    assert!(now["allocations"] > 100.0 * then["allocations"]);
}

fn the_page_of_the_book_tells_every_move() {
    let page = std::fs::read_to_string(here("../src/baselines.md")).expect("the page");
    for step in steps() {
        let month = step.name.trim_start_matches("month-");
        let row = page.lines().find(|line| line.starts_with(&format!("| {month} |"))).expect("a row a month");
        let told = row.matches("<br>").count() + usize::from(row.contains('`'));
        assert_eq!(told, step.moves().len(), "month {month}: {row}");
        for moved in step.moves() {
            assert!(row.contains(&moved.to_string()), "month {month} does not tell `{moved}`");
        }
    }
    assert!(steps().iter().any(|step| step.moves().is_empty()), "some months change nothing that counts");
}

fn a_month_is_a_small_change() {
    let text = |month: u32| std::fs::read_to_string(here(&format!("src/months/m{month:02}.rs"))).expect("a month");
    for month in 2..=MONTHS {
        let (then, now) = (text(month - 1), text(month));
        let old: std::collections::BTreeSet<&str> = then.lines().collect();
        let new = now.lines().filter(|line| !old.contains(line)).count();
        assert!((1..=15).contains(&new), "m{month:02}.rs has {new} new lines");
    }
}
