//! `lab dev measure-allocators`: the work of three labs, before and after their fix, over three allocators.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use lab_core::cargo::{self, Build, Built};
use lab_core::machine;
use lab_core::pristine;
use lab_core::render::{grid, print};
use lab_core::runner::{self, Call};
use lab_core::say;
use lab_core::terminal::{HEADING, QUIET, paint, print_json, spinner};
use lab_core::workspace::Workspace;
use lab_core::{catalogue, seal};
use lab_results::stats::{median, range};
use lab_results::{Counts, Record};
use serde::Serialize;

use crate::page::{date, record_between, table};

const PAGE: &str = "shared/book/src/allocators.md";
const BEGIN: &str = "<!-- allocators:begin -->";
const END: &str = "<!-- allocators:end -->";

const PACKAGE: &str = "allocators";
/// The first is what the others are held against.
const ALLOCATORS: [&str; 3] = ["system", "jemalloc", "mimalloc"];
const LABS: [&str; 3] = ["01", "06", "09"];
const LIMIT: Duration = Duration::from_secs(60);
const MIB: f64 = 1_048_576.0;

/// What was typed.
pub struct Options {
    /// One short round.
    pub quick: bool,
    /// Write the tables into the book.
    pub record: bool,
    /// Print one JSON document.
    pub json: bool,
}

/// What one allocator had of one work, a value a round.
#[derive(Debug, Clone, Default, Serialize)]
struct Seen {
    /// CPU microseconds of a call.
    cpu_us: Vec<f64>,
    /// The most memory, in bytes.
    peak: Vec<f64>,
    /// What the process still had after a second without work, in bytes.
    left: Vec<f64>,
}

/// A work over all allocators, in their order.
#[derive(Debug, Serialize)]
struct Row {
    work: String,
    seen: [Seen; 3],
}

/// Measures, shows, and records.
pub fn run(workspace: &Workspace, options: &Options) -> Result<u8> {
    for number in LABS {
        let lab = catalogue::find(workspace, number)?;
        seal::check(workspace, &lab)?;
        if pristine::current(&lab)? != pristine::files(workspace, &lab)? {
            bail!("{} is edited, and its original is what is measured here: `make reset-{number}` first", lab.name);
        }
    }
    let programs = build(workspace)?;
    let rows = measure(&programs, if options.quick { (1, 200) } else { (5, 1_000) })?;
    if options.json {
        return print_json(&rows).map(|()| 0);
    }
    for (title, headings, cells) in tables(&rows) {
        say!("{}", paint(HEADING, title));
        let mut view = grid(&headings);
        cells.into_iter().for_each(|row| {
            view.add_row(row);
        });
        print(&view);
        say!();
    }
    say!("{}", paint(QUIET, "In turns; medians of all rounds, and of the ratios the smallest and the largest too."));
    if options.record {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let load = machine::load().map(|load| format!(", load {load:.1} at the end")).unwrap_or_default();
        let mut text = String::new();
        for (title, headings, cells) in tables(&rows) {
            text += &format!("{title}:\n\n{}\n", table(headings, cells));
        }
        text +=
            &format!("Recorded {} on {}{load}: `cargo lab dev measure-allocators`.\n", date(at), machine::describe());
        record_between(workspace, PAGE, BEGIN, END, &text)?;
        say!("{PAGE} is recorded");
    }
    Ok(0)
}

/// The three programs, in the order of the allocators.
fn build(workspace: &Workspace) -> Result<[PathBuf; 3]> {
    let build = Build {
        title: "Building the work of three labs over three allocators, two of them in C".into(),
        arguments: ["--package", PACKAGE, "--bins", "--features", "jemalloc,mimalloc"].map(String::from).into(),
        ..Build::default()
    };
    let executables = match cargo::build(workspace, &build)? {
        Built::Done(executables) => executables,
        Built::Failed(failure) => bail!("{}", failure.of(PACKAGE)),
    };
    let of = |allocator: &str| {
        let found = executables.iter().find(|(_, path)| path.file_stem().is_some_and(|name| name == allocator));
        found.map(|(_, path)| path.clone()).with_context(|| format!("cargo built no program for {allocator}"))
    };
    let [system, jemalloc, mimalloc] = ALLOCATORS.map(of);
    Ok([system?, jemalloc?, mimalloc?])
}

/// Every work over every allocator, in turns, so many rounds of so many milliseconds.
fn measure(programs: &[PathBuf; 3], (rounds, ms): (usize, u32)) -> Result<Vec<Row>> {
    let works = LABS.iter().flat_map(|number| [format!("lab-{number}"), format!("solution-{number}")]);
    let mut rows: Vec<Row> = works.map(|work| Row { work, seen: Default::default() }).collect();
    for round in 1..=rounds {
        for Row { work, seen } in &mut rows {
            let bar = spinner(format!("{work} over three allocators, round {round} of {rounds}"));
            // Whoever comes first in one round comes last in the next.
            for turn in 0..programs.len() {
                let at = (turn + round) % programs.len();
                let counts = once(&programs[at], work, ms)?;
                let value = |name: &str| counts.get(name).copied().with_context(|| format!("no count of {name}"));
                seen[at].cpu_us.push(value("cpu_s")? / value("calls")? * 1e6);
                seen[at].peak.push(value("peak_bytes")?);
                seen[at].left.push(value("left_bytes")?);
            }
            bar.finish_and_clear();
        }
    }
    Ok(rows)
}

fn once(program: &Path, work: &str, ms: u32) -> Result<Counts> {
    let call = Call { arguments: vec![work.into(), "--ms".into(), ms.to_string()], limit: LIMIT, ..Call::default() };
    let records = runner::run(program, &call)?.finished()?;
    let counts = records.into_iter().find_map(|record| match record {
        Record::Counts { counts, .. } => Some(counts),
        _ => None,
    });
    counts.with_context(|| format!("{} counted nothing of {work}", program.display()))
}

type Sheet = (&'static str, Vec<&'static str>, Vec<Vec<String>>);

fn tables(rows: &[Row]) -> [Sheet; 2] {
    let time = |Row { work, seen: [system, others @ ..] }: &Row| {
        let over = |other: &Seen| {
            let ratios: Vec<f64> =
                other.cpu_us.iter().zip(&system.cpu_us).map(|(other, system)| other / system).collect();
            range(&ratios).map(|of| format!("x {:.2} ({:.2} .. {:.2})", of.median, of.low, of.high)).unwrap_or_default()
        };
        let us = median(&system.cpu_us).map(|us| format!("{us:.0}")).unwrap_or_default();
        [vec![work.clone(), us], others.iter().map(over).collect()].concat()
    };
    let memory = |Row { work, seen }: &Row| {
        let mib = |values: &[f64]| median(values).map(|bytes| format!("{:.1}", bytes / MIB)).unwrap_or_default();
        let of = |seen: &Seen| [mib(&seen.peak), mib(&seen.left)].join(" / ");
        [vec![work.clone()], seen.iter().map(of).collect()].concat()
    };
    [
        (
            "CPU time of a call",
            vec!["work", "system, µs", "jemalloc over system", "mimalloc over system"],
            rows.iter().map(time).collect(),
        ),
        (
            "Memory in MiB: the most there was, and what the process kept of it after a second without work",
            vec!["work", "system", "jemalloc", "mimalloc"],
            rows.iter().map(memory).collect(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_is_held_against_the_systems_allocator_in_the_same_round() {
        let seen = |cpu_us: &[f64], peak: f64| Seen { cpu_us: cpu_us.into(), peak: vec![peak], left: vec![MIB / 2.0] };
        let row = Row {
            work: "lab-01".into(),
            seen: [seen(&[100.0, 200.0, 400.0], MIB), seen(&[50.0, 400.0, 200.0], 2.0 * MIB), Seen::default()],
        };
        let [(_, _, times), (_, _, memory)] = tables(&[row]);
        assert_eq!(times, [["lab-01", "200", "x 0.50 (0.50 .. 2.00)", ""]]);
        assert_eq!(memory, [["lab-01", "1.0 / 0.5", "2.0 / 0.5", " / "]]);
    }

    #[test]
    fn the_page_has_a_place_for_the_tables() {
        let page = include_str!("../../../book/src/allocators.md");
        assert!(crate::page::between(page, BEGIN, END, "").is_some());
    }
}
