//! Heap profiles on a terminal.

use std::cmp::Reverse;
use std::path::Path;

use anyhow::Result;
use comfy_table::CellAlignment;
use lab_results::gate::figure;
use lab_results::{HeapSite, ProgramRun, Record};

use super::compare::{Asked, Function, compare};
use super::sites::parts;
use crate::catalogue::Lab;
use crate::render::{Grid, grid, print};
use crate::say;
use crate::terminal::{COMMAND, HEADING, QUIET, paint};
use crate::workspace::Workspace;

/// So many sites of each list.
const TOP: usize = 10;
/// So many frames of each site: the one that asked, and who called it.
const FRAMES: usize = 3;

/// One profile.
pub fn alone(workspace: &Workspace, lab: &Lab, run: &ProgramRun) {
    for record in &run.records {
        match record {
            Record::Heap { total_bytes, total_blocks, peak_bytes, end_bytes, end_blocks, sites, .. } => {
                say!(
                    "{}  {} bytes in {} blocks requested; at most {} bytes at once",
                    paint(HEADING, format!("Heap of {} ({})", lab.name, run.subject)),
                    number(*total_bytes),
                    number(*total_blocks),
                    number(*peak_bytes)
                );
                if *end_bytes > 0 {
                    say!("{} bytes in {} blocks were still live at the end", number(*end_bytes), number(*end_blocks));
                }
                say!();
                lists(sites, &REQUESTED);
                still_live(sites);
            }
            Record::LiveHeap { looks, sample_bytes, live_bytes, sites, .. } => {
                let title = paint(HEADING, format!("Live heap of {} ({})", lab.name, run.subject));
                say!("{title}  {} bytes at the fullest of {looks} looks", number(*live_bytes));
                sampled(*sample_bytes);
                lists(sites, &LIVE);
            }
            _ => {}
        }
        files(workspace, record);
    }
    let live = if run.records.iter().any(|record| matches!(record, Record::LiveHeap { .. })) { " --live" } else { "" };
    if run.subject == "baseline" {
        let beside = format!("cargo lab heap {}{live} --solution", lab.nn());
        say!();
        say!(
            "Once you have edited the lab, what it was stands beside it. Beside the solution: {}",
            paint(COMMAND, beside)
        );
    }
}

/// Two profiles of the same work, side by side.
pub fn both(workspace: &Workspace, lab: &Lab, before: &ProgramRun, after: &ProgramRun) -> Result<()> {
    let compared = compare(before, after)?;
    let (earlier, later) = (compared.before.as_str(), compared.after.as_str());
    say!("{} of {}, both taken now with seed {}", paint(HEADING, "Heap"), lab.name, after.seed);
    let mut view = grid(&["", earlier, later, &format!("{earlier} / {later}")]);
    for (name, before, after) in &compared.totals {
        view.add_row([name.to_string(), number(*before), number(*after), ratio(*before, *after)]);
    }
    right(&mut view, 1..=3);
    print(&view);
    say!();
    if let Some(Record::LiveHeap { sample_bytes, .. }) =
        after.records.iter().find(|r| matches!(r, Record::LiveHeap { .. }))
    {
        sampled(*sample_bytes);
    }
    let by_bytes: Vec<&Function> = compared.functions.iter().collect();
    let mut by_blocks = by_bytes.clone();
    by_blocks.sort_by_key(|function| Reverse(function.most(|asked| asked.blocks)));
    let is_same_order = by_bytes.iter().take(TOP).eq(by_blocks.iter().take(TOP));
    functions("By bytes", (earlier, later), &by_bytes);
    if is_same_order {
        say!("{}", paint(QUIET, "By blocks the order is the same."));
        say!();
    } else {
        functions("By blocks", (earlier, later), &by_blocks);
    }
    for run in [before, after] {
        run.records.iter().for_each(|record| files(workspace, record));
    }
    Ok(())
}

/// A figure of a site: the heading of its column, and what its list is called.
type Figure = (&'static str, &'static str, fn(&HeapSite) -> u64);

const REQUESTED: [Figure; 3] = [
    ("bytes", "bytes requested", |site| site.bytes),
    ("blocks", "blocks requested", |site| site.blocks),
    ("at peak", "bytes live at the peak", |site| site.peak_bytes),
];
const LIVE: [Figure; 2] = [("bytes", "live bytes", |site| site.bytes), ("blocks", "live blocks", |site| site.blocks)];

/// The sites by each figure; lists that say the same are one.
fn lists(sites: &[HeapSite], figures: &[Figure]) {
    let mut lists: Vec<(Vec<&str>, Vec<&HeapSite>)> = Vec::new();
    for (_, name, figure) in figures {
        let list = top(sites, *figure);
        match lists.iter_mut().find(|(_, longer)| longer.starts_with(&list)) {
            Some((names, _)) => names.push(name),
            None => lists.push((vec![name], list)),
        }
    }
    for (names, list) in lists {
        say!("{}", paint(HEADING, format!("By {}", names.join(", and by "))));
        let headings = figures.iter().map(|(heading, ..)| *heading).chain(["site"]);
        let mut view = grid(&headings.collect::<Vec<_>>());
        for site in list {
            let row = figures.iter().map(|(.., figure)| number(figure(site))).chain([frames(site)]);
            view.add_row(row.collect::<Vec<_>>());
        }
        right(&mut view, 0..=figures.len() - 1);
        print(&view);
        say!();
    }
}

/// The largest sites by a figure.
fn top(sites: &[HeapSite], figure: fn(&HeapSite) -> u64) -> Vec<&HeapSite> {
    let mut sorted: Vec<&HeapSite> = sites.iter().filter(|site| figure(site) > 0).collect();
    sorted.sort_by_key(|site| Reverse(figure(site)));
    sorted.truncate(TOP);
    sorted
}

/// What nobody gave back.
fn still_live(sites: &[HeapSite]) {
    let kept = top(sites, |site| site.end_bytes);
    if kept.is_empty() {
        return;
    }
    say!("{}", paint(HEADING, "Still live at the end: kept on purpose, or leaked"));
    let mut view = grid(&["bytes", "site"]);
    for site in kept {
        view.add_row([number(site.end_bytes), frames(site)]);
    }
    right(&mut view, 0..=0);
    print(&view);
    say!();
}

/// A site's innermost frames, one a line. Closures count as their function, so that some frames fall together.
fn frames(site: &HeapSite) -> String {
    let mut lines: Vec<String> = site.frames.iter().map(|frame| line(parts(frame))).collect();
    lines.dedup();
    lines.truncate(FRAMES);
    lines.join("\n  from ")
}

fn line((function, place): (String, &str)) -> String {
    if place.is_empty() { function } else { format!("{function} ({place})") }
}

fn functions(title: &str, (earlier, later): (&str, &str), list: &[&Function]) {
    say!("{}", paint(HEADING, format!("{title}, {earlier} -> {later}")));
    let mut view = grid(&["bytes", "blocks", "function"]);
    for function in list.iter().take(TOP) {
        let sides = [&function.before, &function.after];
        let figures = |figure: fn(&Asked) -> u64| {
            let [before, after] = sides.map(|side| side.as_ref().map_or("-".into(), |asked| number(figure(asked))));
            format!("{before}\n-> {after}")
        };
        let mark = match sides {
            [None, _] => " [new]",
            [_, None] => " [gone]",
            _ => "",
        };
        let [before, after] = sides.map(|side| side.as_ref().map_or(String::new(), places));
        let moved = if before == after || after.is_empty() { before } else { format!("{before}\n-> {after}") };
        view.add_row([figures(|a| a.bytes), figures(|a| a.blocks), format!("{}{mark}\n{moved}", function.name)]);
    }
    right(&mut view, 0..=1);
    print(&view);
    say!();
}

fn places(asked: &Asked) -> String {
    asked.places.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn sampled(sample_bytes: u64) {
    let every = format!("Estimated: jemalloc keeps one stack for every {} bytes requested.", number(sample_bytes));
    say!("{}", paint(QUIET, every));
    say!();
}

fn files(workspace: &Workspace, record: &Record) {
    let show = |path: &str| workspace.show(Path::new(path));
    match record {
        Record::Heap { svg, file, .. } => {
            say!("Flamegraph of requested bytes: {}", show(svg));
            say!("For DHAT's viewer:             {}", show(file));
        }
        Record::LiveHeap { svg, file, .. } => {
            say!("Flamegraph of live bytes: {}", show(svg));
            say!("For jeprof:               {}", show(file));
        }
        _ => {}
    }
}

fn right(view: &mut Grid, columns: std::ops::RangeInclusive<usize>) {
    for index in columns {
        if let Some(column) = view.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn ratio(before: u64, after: u64) -> String {
    if after == 0 { "-".into() } else { figure(before as f64 / after as f64) }
}

fn number(count: u64) -> String {
    figure(count as f64)
}
