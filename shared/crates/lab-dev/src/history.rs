//! `lab dev history`: the book's story of a page that got slower for a year, counted and timed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lab_results::baseline::{Source, Step, history};
use lab_results::gate::figure;
use lab_results::{Baseline, Rule};

use super::page::{self, between, date};
use super::transcript;
use lab_core::baseline::{Folder, frame, show, take, write};
use lab_core::cargo::{self, Build};
use lab_core::machine;
use lab_core::render::{grid, print};
use lab_core::say;
use lab_core::terminal::{HEADING, paint, spinner};
use lab_core::verify::timing::paired::{Decided, RULE, decide};
use lab_core::workspace::{Workspace, write_atomically};

const PACKAGE: &str = "gradual-slowdown";
const FOLDER: &str = "shared/book/gradual-slowdown";
const PAGE: &str = "shared/book/src/baselines.md";
const BEGIN: &str = "<!-- history:begin -->";
const END: &str = "<!-- history:end -->";
const MONTHS: usize = 12;
/// Orders to be picked on the developer's laptop, and on a night in December.
const SMALL: u64 = 5;
const LARGE: u64 = 2_000;
/// Months against each other at the developer's size: as in any verification.
const BUDGET: Duration = Duration::from_secs(4);
/// January against another month at production's size: a page may take a second, and what is looked for is a multiple.
const ONE_LOOK: Rule = Rule { looks: &[3], ..RULE };
/// Pairs of one process, at either size.
const PAIRS: [u64; 2] = [200, 4];

/// A month's times.
struct Timed {
    /// This month over the one before, at the developer's size.
    step: Decided,
    /// This month over January, at production's size.
    since_january: Decided,
}

/// Counts every month, times it, and tells which month moved what.
pub fn run(workspace: &Workspace, record: bool, no_time: bool) -> Result<u8> {
    let build = Build {
        title: cargo::title(&workspace.target, PACKAGE, &["database"]),
        arguments: vec!["--package".into(), PACKAGE.into()],
        ..Build::default()
    };
    let program = cargo::build(workspace, &build)?.executable(PACKAGE)?;
    let baselines = baselines(&program)?;
    let steps = history(&baselines)?;
    show::history(&baselines, &steps);
    if no_time {
        return Ok(0);
    }
    let timed = (2..=MONTHS).map(|month| time(&program, month)).collect::<Result<Vec<_>>>()?;
    show_times(workspace, &timed)?;
    if record {
        let folder = Folder::named(workspace.root.join(FOLDER).join("baselines"));
        for baseline in &baselines {
            write(&folder.path(&baseline.name)?, baseline)?;
        }
        write_page(workspace, &tables(workspace, &baselines, &steps, &timed)?)?;
        say!("{FOLDER}/baselines and {PAGE} are recorded");
    }
    Ok(0)
}

/// A baseline a month, as `lab baseline save month-NN --program ...` makes them.
fn baselines(program: &Path) -> Result<Vec<Baseline>> {
    let frame = frame("");
    (1..=MONTHS)
        .map(|month| {
            let arguments = ["count".to_string(), "--month".into(), month.to_string()];
            let run = program.to_str().context("the path is not Unicode")?.to_string();
            let subjects = take::program(&[&[run], &arguments[..]].concat())?;
            // In the file, as it is typed at the top of the checkout.
            let command = [&[format!("target/release/{PACKAGE}")], &arguments[..]].concat();
            Ok(Baseline { name: name(month), source: Source::Program { command }, subjects, ..frame.clone() })
        })
        .collect()
}

fn name(month: usize) -> String {
    format!("month-{month:02}")
}

fn time(program: &Path, month: usize) -> Result<Timed> {
    let bar = spinner(format!("Timing month {month} of {MONTHS}"));
    let over = |before: usize, size: u64, pairs: u64, rule: &Rule| -> Result<Decided> {
        let options = [("month", month as u64), ("before", before as u64), ("size", size), ("pairs", pairs)];
        let arguments = |worker: usize| {
            let options = options.into_iter().chain([("worker", worker as u64)]);
            ["measure".to_string()]
                .into_iter()
                .chain(options.flat_map(|(name, value)| [format!("--{name}"), value.to_string()]))
                .collect()
        };
        match decide(program, rule, BUDGET, arguments)? {
            Ok(decided) => Ok(decided),
            Err(ran) => bail!("month {month}: {}", ran.failure.unwrap_or_default()),
        }
    };
    let step = over(month - 1, SMALL, PAIRS[0], &RULE)?;
    let since_january = over(1, LARGE, PAIRS[1], &ONE_LOOK)?;
    bar.finish_and_clear();
    Ok(Timed { step, since_january })
}

const HEADINGS: [&str; 5] = [
    "month",
    "on the developer's laptop, CPU ms",
    "of the month before",
    "on a night in December, CPU ms",
    "of January",
];

fn rows(timed: &[Timed]) -> Vec<[String; 5]> {
    let ms = |decided: &Decided, side: usize| figure(decided.medians_us[side] / 1e3);
    let ratio = |decided: &Decided| {
        let ratio = decided.interval.exp();
        format!("x {:.2} ({:.2} .. {:.2})", ratio.median, ratio.low, ratio.high)
    };
    let Some(first) = timed.first() else { return Vec::new() };
    let january = ["01".into(), ms(&first.step, 1), "-".into(), ms(&first.since_january, 1), "-".into()];
    let others = (2..).zip(timed).map(|(month, timed)| {
        let Timed { step, since_january } = timed;
        [format!("{month:02}"), ms(step, 0), ratio(step), ms(since_january, 0), ratio(since_january)]
    });
    [january].into_iter().chain(others).collect()
}

/// The largest step at the developer's size, in words.
fn largest_step(timed: &[Timed]) -> String {
    let ms = |timed: &Timed| (timed.step.medians_us[0] - timed.step.medians_us[1]) / 1e3;
    let largest = (2..).zip(timed).max_by(|(_, a), (_, b)| ms(a).total_cmp(&ms(b)));
    largest.map_or(String::new(), |(month, timed)| {
        let ratio = timed.step.interval.exp().median;
        format!("The largest single step on the laptop is {} ms (month {month:02}, x {ratio:.2}).", figure(ms(timed)))
    })
}

fn show_times(workspace: &Workspace, timed: &[Timed]) -> Result<()> {
    say!();
    say!("{}", paint(HEADING, format!("The page with {SMALL} orders, and with {}", figure(LARGE as f64))));
    let mut view = grid(&HEADINGS);
    for row in rows(timed) {
        view.add_row(row);
    }
    print(&view);
    say!("{}", largest_step(timed));
    say!("What each month changed: {}/src/months", workspace.show(&workspace.root.join(FOLDER)));
    Ok(())
}

/// Everything on the page that is a figure.
fn tables(workspace: &Workspace, baselines: &[Baseline], steps: &[Step], timed: &[Timed]) -> Result<String> {
    let month = |month: usize| {
        let moves = month.checked_sub(2).map(|step| steps[step].moves()).unwrap_or_default();
        let said: Vec<String> = moves.iter().map(|moved| format!("`{moved}`")).collect();
        let said = match (month, said.is_empty()) {
            (1, _) => "the first baseline".into(),
            (_, true) => "nothing moved".into(),
            _ => said.join("<br>"),
        };
        Ok([format!("{month:02}"), change(workspace, month)?, said])
    };
    let months = (1..=MONTHS).map(month).collect::<Result<Vec<_>>>()?;
    let mut text = page::table(["month", "what changed", "what the baselines say"], months);
    text.push('\n');
    text += &page::table(HEADINGS, rows(timed));
    let last = timed.last().context("there are months")?.since_january.interval.exp();
    let load = machine::load().map(|load| format!(", load {load:.1}")).unwrap_or_default();
    let Baseline { at, machine, toolchain, .. } = &baselines[0];
    text.push_str(&format!(
        "\n{} On a night in December the page of month {MONTHS} takes {:.1} times \
         what January's took ({:.1} .. {:.1}).\n\nThe laptop has {SMALL} orders to be picked, the night {}. Recorded {} on \
         {machine}{load}, {toolchain}: `cargo lab dev history --record`.\n",
        largest_step(timed),
        last.median,
        last.low,
        last.high,
        figure(LARGE as f64),
        date(*at),
    ));
    Ok(text)
}

/// The first line of a month's file.
fn change(workspace: &Workspace, month: usize) -> Result<String> {
    let path: PathBuf = workspace.root.join(FOLDER).join(format!("src/months/m{month:02}.rs"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", path.display()))?;
    let first = text.lines().next().and_then(|line| line.strip_prefix("//! "));
    Ok(first.with_context(|| format!("{} does not begin with `//! `", path.display()))?.to_string())
}

/// The tables first: the page's own commands read the files that were just written.
fn write_page(workspace: &Workspace, tables: &str) -> Result<()> {
    let path = workspace.root.join(PAGE);
    let page = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", path.display()))?;
    let page = between(&page, BEGIN, END, tables).with_context(|| format!("{PAGE} lacks {BEGIN} and {END}"))?;
    write_atomically(&path, transcript::refreshed(workspace, &page)?.as_bytes())
}
