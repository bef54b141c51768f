//! `lab dev history`: the book's story of a page that got slower for a year, counted and timed.

use anyhow::{Context, Result};
use lab_results::Baseline;
use lab_results::baseline::{Step, history};
use lab_results::gate::figure;

use super::page::{self, between, date};
use super::transcript;
use lab_core::baseline::{Folder, show, write};
use lab_core::machine;
use lab_core::render::{grid, print};
use lab_core::say;
use lab_core::slowdown::{FOLDER, LARGE, MONTHS, SMALL, Story, change};
use lab_core::terminal::{HEADING, paint, spinner};
use lab_core::verify::timing::paired::Decided;
use lab_core::workspace::{Workspace, write_atomically};

const PAGE: &str = "shared/book/src/baselines.md";
const BEGIN: &str = "<!-- history:begin -->";
const END: &str = "<!-- history:end -->";

/// A month's times.
struct Timed {
    /// This month over the one before, at the developer's size.
    step: Decided,
    /// This month over January, at production's size.
    since_january: Decided,
}

/// Counts every month, times it, and tells which month moved what.
pub fn run(workspace: &Workspace, record: bool, no_time: bool) -> Result<u8> {
    let story = Story::build(workspace)?;
    let baselines = (1..=MONTHS).map(|month| story.baseline(month)).collect::<Result<Vec<_>>>()?;
    let steps = history(&baselines)?;
    show::history(&baselines, &steps);
    if no_time {
        return Ok(0);
    }
    let timed = (2..=MONTHS).map(|month| time(&story, month)).collect::<Result<Vec<_>>>()?;
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

fn time(story: &Story, month: usize) -> Result<Timed> {
    let bar = spinner(format!("Timing month {month} of {MONTHS}"));
    let timed = Timed { step: story.time_step(month)?, since_january: story.time_since_january(month)? };
    bar.finish_and_clear();
    Ok(timed)
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

/// The tables first: the page's own commands read the files that were just written.
fn write_page(workspace: &Workspace, tables: &str) -> Result<()> {
    let path = workspace.root.join(PAGE);
    let page = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", path.display()))?;
    let page = between(&page, BEGIN, END, tables).with_context(|| format!("{PAGE} lacks {BEGIN} and {END}"))?;
    write_atomically(&path, transcript::refreshed(workspace, &page)?.as_bytes())
}
