//! `lab slowdown`: the book's story of a page that got slower for a year, as its reviewer lived it. Each month's change first, then what it
//! costs, counted here.

use std::io::{BufRead, IsTerminal};

use anyhow::Result;
use lab_results::Baseline;
use lab_results::baseline::{Change, Moved, Step, What, history};
use lab_results::gate::figure;
use serde_json::json;

use super::diff::Changed;
use lab_core::baseline::show;
use lab_core::say;
use lab_core::slowdown::{FOLDER, LARGE, MONTHS, SMALL, Story, change, source};
use lab_core::terminal::{COMMAND, HEADING, QUIET, paint, print, print_json, spinner};
use lab_core::workspace::Workspace;

/// What of the story is played.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// This month alone, with its change.
    pub month: Option<usize>,
    /// Counts only.
    pub no_time: bool,
    /// As JSON.
    pub json: bool,
}

/// Plays the year, or one of its months. On a terminal the reader reviews each change before they see what it costs.
pub fn play(workspace: &Workspace, options: &Options) -> Result<u8> {
    let story = Story::build(workspace)?;
    if let Some(month) = options.month {
        let step = counted(&story, month, None)?.0;
        return match options.json {
            true => print_json(&of_month(workspace, month, &step)?).map(|()| 0),
            false => {
                headline(workspace, month)?;
                changed(workspace, month)?.print();
                show::step(&step);
                Ok(0)
            }
        };
    }
    let is_reviewed = !options.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !options.json {
        introduce(is_reviewed);
    }
    let (mut steps, mut sent_back, mut before) = (Vec::new(), Vec::new(), None);
    for month in 2..=MONTHS {
        if !options.json {
            headline(workspace, month)?;
        }
        if is_reviewed {
            changed(workspace, month)?.print();
            match review()? {
                Review::Merge => {}
                Review::SendBack => sent_back.push(month),
                Review::Leave => return Ok(0),
            }
        }
        let (step, after) = counted(&story, month, before)?;
        before = Some(after);
        if !options.json {
            show::step(&step);
            say!();
        }
        steps.push(step);
    }
    let ratio = match options.no_time {
        true => None,
        false => {
            let bar = spinner(format!("Timing January and December with {} orders", figure(LARGE as f64)));
            let decided = story.time_since_january(MONTHS)?;
            bar.finish_and_clear();
            Some(decided.interval.exp())
        }
    };
    if options.json {
        let months = (2..).zip(&steps).map(|(month, step)| of_month(workspace, month, step));
        let months = months.collect::<Result<Vec<_>>>()?;
        let ratio = ratio.map(|ratio| json!({ "median": ratio.median, "low": ratio.low, "high": ratio.high }));
        return print_json(&json!({ "months": months, "december_over_january": ratio })).map(|()| 0);
    }
    if let Some(ratio) = ratio {
        say!(
            "With {} orders, December's page takes {} times as long as January's did ({} .. {}).",
            figure(LARGE as f64),
            figure(ratio.median),
            figure(ratio.low),
            figure(ratio.high)
        );
    }
    let grew: Vec<usize> = (2..).zip(&steps).filter(|(_, step)| grows_faster(step)).map(|(month, _)| month).collect();
    say!("In {} a count began to grow faster with the orders: {}.", months_of(grew.len()), listed(&grew));
    if is_reviewed {
        let found = grew.iter().filter(|month| sent_back.contains(month)).count();
        say!("You sent back {}; {found} of them began to grow faster.", months_of(sent_back.len()));
    }
    say!("One month with its change: {}", paint(COMMAND, "cargo lab slowdown --month 9"));
    say!("What the year teaches: shared/book/src/baselines.md");
    Ok(0)
}

fn introduce(is_reviewed: bool) {
    say!("{}", paint(HEADING, "A year of the picking page: the list of orders that the warehouse has to pick"));
    say!("Each month somebody changes it, for a good reason. The page is in {FOLDER}/src/months, a file a month.");
    say!(
        "The developers' database has {SMALL} orders to be picked. On a night in December there are {}.",
        figure(LARGE as f64)
    );
    if is_reviewed {
        say!("You are the reviewer. Merge a change, or send it back; then you see what it costs.");
    }
    say!();
}

/// What somebody says about a change.
enum Review {
    Merge,
    SendBack,
    Leave,
}

/// Asks until there is an answer. Where nothing more is typed, the reader has left.
fn review() -> Result<Review> {
    loop {
        print("Merge it? y or n, q quits [y]: ");
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(Review::Leave);
        }
        match line.trim().to_lowercase().as_str() {
            "" | "y" | "yes" => return Ok(Review::Merge),
            "n" | "no" => return Ok(Review::SendBack),
            "q" | "quit" => return Ok(Review::Leave),
            other => say!("`{other}` is none of y, n and q."),
        }
    }
}

/// What a month moved, counted now, and its counts.
fn counted(story: &Story, month: usize, before: Option<Baseline>) -> Result<(Step, Baseline)> {
    let bar = spinner(format!("Counting month {month} of {MONTHS}"));
    let before = before.map_or_else(|| story.baseline(month - 1), Ok)?;
    let after = story.baseline(month)?;
    bar.finish_and_clear();
    let pair = [before, after];
    let step = history(&pair)?.remove(0);
    let [_, after] = pair;
    Ok((step, after))
}

fn headline(workspace: &Workspace, month: usize) -> Result<()> {
    say!("{}", paint(HEADING, format!("{month:02}  {}", change(workspace, month)?)));
    Ok(())
}

fn changed(workspace: &Workspace, month: usize) -> Result<Changed> {
    Changed::between([month - 1, month].map(|month| source(workspace, month)), workspace)
}

fn of_month(workspace: &Workspace, month: usize, step: &Step) -> Result<serde_json::Value> {
    let (moves, diff) = (step.moves(), changed(workspace, month)?.unified());
    Ok(json!({ "month": month, "change": change(workspace, month)?, "diff": diff, "moves": moves }))
}

fn grows_faster(step: &Step) -> bool {
    let is_growth = |change: &&Change| matches!(change.what, What::Growth { .. }) && change.moved == Moved::Worse;
    step.changes.iter().any(|change| is_growth(&change))
}

fn months_of(count: usize) -> String {
    if count == 1 { "1 month".into() } else { format!("{count} months") }
}

fn listed(months: &[usize]) -> String {
    let names: Vec<String> = months.iter().map(|month| format!("{month:02}")).collect();
    if names.is_empty() { "none".into() } else { paint(QUIET, names.join(", ")).to_string() }
}
