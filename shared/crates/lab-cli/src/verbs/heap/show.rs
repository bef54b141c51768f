//! Heap profiles on a terminal.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use lab_results::gate::figure;
use lab_results::{HeapSite, ProgramRun, Record, Table};

use super::compare::{Asked, Function, compare};
use super::sites::{parts, with_libraries_as_one};
use lab_core::catalogue::Lab;
use lab_core::next;
use lab_core::render::{grid, print, right_aligned, table};
use lab_core::say;
use lab_core::terminal::{COMMAND, HEADING, QUIET, paint};
use lab_core::workspace::Workspace;

/// So many sites of each list.
const TOP: usize = 10;
/// Of live bytes, functions below this share are left out.
const SMALLEST_SHARE: f64 = 0.01;
/// So many frames of each site: the one that asked, and who called it.
const FRAMES: usize = 3;

/// One profile.
pub fn alone(workspace: &Workspace, lab: &Lab, run: &ProgramRun) {
    for record in &with_libraries_as_one(run).records {
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
                lists(sites, &REQUESTED, &REQUESTED);
                still_live(sites);
            }
            Record::LiveHeap { looks, sample_bytes, live_bytes, sites, .. } => {
                let title = paint(HEADING, format!("Live heap of {} ({})", lab.name, run.subject));
                say!("{title}  {} bytes at the fullest of {looks} looks", number(*live_bytes));
                sampled(*sample_bytes);
                lists(sites, &LIVE, &LIVE[..1]);
            }
            Record::Table(by_size) => table(by_size),
            _ => {}
        }
    }
    files(workspace, &[run]);
    let live = if run.records.iter().any(|record| matches!(record, Record::LiveHeap { .. })) { " --live" } else { "" };
    if run.subject == "original" {
        say!();
        say!("After your first edit this shows the original and yours side by side.");
        if next::is_solved(workspace, lab) {
            let beside = format!("cargo lab heap {}{live} --solution", lab.nn());
            say!("Beside the solution: {}", paint(COMMAND, beside));
        }
        next::say_after(workspace, lab, "heap");
    }
}

/// Two profiles of the same work, side by side.
pub fn both(workspace: &Workspace, lab: &Lab, before: &ProgramRun, after: &ProgramRun) -> Result<()> {
    let compared = compare(&with_libraries_as_one(before), &with_libraries_as_one(after))?;
    let (earlier, later) = (compared.before.as_str(), compared.after.as_str());
    say!("{} of {}, both taken now with seed {}", paint(HEADING, "Heap"), lab.name, after.seed);
    let mut view = grid(&["", earlier, later, &format!("{earlier} / {later}")]);
    for (name, before, after) in &compared.totals {
        view.add_row([name.to_string(), number(*before), number(*after), ratio(*before, *after)]);
    }
    right_aligned(&mut view, 1..=3);
    print(&view);
    say!();
    let live = after.records.iter().find_map(|record| match record {
        Record::LiveHeap { sample_bytes, live_bytes, .. } => Some((*sample_bytes, *live_bytes)),
        _ => None,
    });
    let mut by_bytes: Vec<&Function> = compared.functions.iter().collect();
    if let Some((sample_bytes, live_bytes)) = live {
        sampled(sample_bytes);
        // A function with a sample or two is new or gone by chance.
        by_bytes.retain(|function| function.most(|asked| asked.bytes) as f64 >= SMALLEST_SHARE * live_bytes as f64);
        functions("By live bytes", (earlier, later), &by_bytes);
    } else {
        let mut by_blocks = by_bytes.clone();
        by_blocks.sort_by_key(|function| Reverse(function.most(|asked| asked.blocks)));
        if by_bytes.iter().take(TOP).eq(by_blocks.iter().take(TOP)) {
            functions("By bytes, and by blocks", (earlier, later), &by_bytes);
        } else {
            functions("By bytes", (earlier, later), &by_bytes);
            functions("By blocks", (earlier, later), &by_blocks);
        }
    }
    for run in [before, after] {
        for record in &run.records {
            if let Record::Table(by_size) = record {
                table(&Table { title: format!("{}: {}", run.subject, by_size.title), ..by_size.clone() });
            }
        }
    }
    files(workspace, &[before, after]);
    next::say_after(workspace, lab, "heap");
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

/// The sites by some of the figures; lists that say the same are one.
fn lists(sites: &[HeapSite], columns: &[Figure], by: &[Figure]) {
    let mut lists: Vec<(Vec<&str>, Vec<&HeapSite>)> = Vec::new();
    for (_, name, figure) in by {
        let list = top(sites, *figure);
        match lists.iter_mut().find(|(_, longer)| longer.starts_with(&list)) {
            Some((names, _)) => names.push(name),
            None => lists.push((vec![name], list)),
        }
    }
    for (names, list) in lists {
        say!("{}", paint(HEADING, format!("By {}", names.join(", and by "))));
        let headings = columns.iter().map(|(heading, ..)| *heading).chain(["site"]);
        let mut view = grid(&headings.collect::<Vec<_>>());
        for site in list {
            let row = columns.iter().map(|(.., figure)| number(figure(site))).chain([frames(site)]);
            view.add_row(row.collect::<Vec<_>>());
        }
        right_aligned(&mut view, 0..columns.len());
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
    right_aligned(&mut view, 0..=0);
    print(&view);
    say!();
}

/// A site's innermost frames, one a line. Closures count as their function, so that some frames fall together.
fn frames(site: &HeapSite) -> String {
    let mut lines: Vec<String> = site.frames.iter().map(|frame| line(parts(frame))).collect();
    lines.dedup();
    lines.truncate(FRAMES);
    lines.join("\nfrom ")
}

pub fn line((function, place): (String, &str)) -> String {
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
        let mut lines = vec![format!("{}{mark}", function.name)];
        let [before, after] = sides.map(|side| side.as_ref().map_or(String::new(), places));
        lines.extend((!before.is_empty()).then(|| before.clone()));
        lines.extend((!after.is_empty() && after != before).then(|| format!("-> {after}")));
        view.add_row([figures(|a| a.bytes), figures(|a| a.blocks), lines.join("\n")]);
    }
    right_aligned(&mut view, 0..=1);
    print(&view);
    say!();
}

/// The lines of each file: `src/manifest.rs:9, 12`.
fn places(asked: &Asked) -> String {
    let mut files: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for (file, line) in asked.places.iter().filter_map(|place| place.rsplit_once(':')) {
        files.entry(file).or_default().extend(line.parse::<u64>());
    }
    let named = files.into_iter().map(|(file, lines)| {
        let lines = lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        format!("{file}:{lines}")
    });
    named.collect::<Vec<_>>().join("; ")
}

fn sampled(sample_bytes: u64) {
    let every = format!("Estimated: jemalloc keeps one stack for every {} bytes requested.", number(sample_bytes));
    say!("{}", paint(QUIET, every));
    say!();
}

/// Where everything is kept, and what it is for.
fn files(workspace: &Workspace, runs: &[&ProgramRun]) {
    let heaps = runs.iter().flat_map(|run| &run.records).filter_map(|record| match record {
        Record::Heap { svg, .. } => {
            Some((svg, "flamegraph.svg (bytes requested, by stack), dhat-heap.json (for DHAT's viewer)"))
        }
        Record::LiveHeap { svg, .. } => Some((svg, "flamegraph.svg (live bytes, by stack), live.heap (for jeprof)")),
        _ => None,
    });
    for (at, (svg, what)) in heaps.enumerate() {
        if at == 0 {
            say!("{}", paint(QUIET, format!("Kept: {what}, in")));
        }
        say!("  {}", workspace.show(Path::new(svg).parent().unwrap_or(Path::new(svg))));
    }
}

fn ratio(before: u64, after: u64) -> String {
    if after == 0 { "-".into() } else { figure(before as f64 / after as f64) }
}

fn number(count: u64) -> String {
    figure(count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_once_and_its_lines_in_order() {
        let places = ["src/a.rs:12", "src/a.rs:9", "src/b.rs:7"].map(String::from).into();
        assert_eq!(super::places(&Asked { places, ..Asked::default() }), "src/a.rs:9, 12; src/b.rs:7");
    }
}
