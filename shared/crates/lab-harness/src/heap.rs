//! Heap profiles: who asked for memory, how often, how much.
//!
//! The allocator of a program built with the feature `heap` records the stack of every request. That costs an order of magnitude
//! of time, so that times say nothing here; counts and bytes are exact.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lab_results::gate::counted;
use lab_results::{Cell, Column, HeapSite, Record, Table};
use serde_json::Value;

use crate::sites::{Frame, Sites};

/// Stacks are cut off after this many frames: asynchronous ones are deep, and ours are often the outer ones.
const DEPTH: usize = 96;

/// A running heap profile of the whole process.
pub struct HeapProfiler {
    profiler: dhat::Profiler,
    file: PathBuf,
}

/// Starts to record requests; the file will be `out/dhat-heap.json`. One at a time in a process.
pub fn start(out: &Path) -> Result<HeapProfiler> {
    fs::create_dir_all(out).with_context(|| format!("Failed to create {}", out.display()))?;
    let file = out.join("dhat-heap.json");
    // An old file would be taken for ours if the new one cannot be written.
    if file.exists() {
        fs::remove_file(&file).with_context(|| format!("Failed to replace {}", file.display()))?;
    }
    let profiler = dhat::Profiler::builder().file_name(&file).trim_backtraces(Some(DEPTH)).build();
    Ok(HeapProfiler { profiler, file })
}

impl HeapProfiler {
    /// Stops, writes the file for dhat's viewer and a flamegraph beside it, and says which sites requested how much.
    pub fn finish(self) -> Result<Record> {
        let HeapProfiler { profiler, file } = self;
        drop(profiler);
        let text = fs::read_to_string(&file)
            .with_context(|| format!("The heap profile was not written to {}; is the disk full?", file.display()))?;
        let profile = serde_json::from_str(&text).context("The heap profile is not JSON")?;
        let (totals, sites) = fold(&profile).context("The heap profile is not as dhat 0.3 writes it")?;
        let svg = file.with_file_name("flamegraph.svg");
        sites.draw("Bytes requested: the wider, the more of them", &svg)?;
        Ok(Record::Heap {
            file: file.display().to_string(),
            total_bytes: totals.bytes,
            total_blocks: totals.blocks,
            peak_bytes: totals.peak_bytes,
            end_bytes: totals.end_bytes,
            end_blocks: totals.end_blocks,
            sites: sites.into_list(),
            svg: svg.display().to_string(),
        })
    }
}

/// So many sites are followed.
const FOLLOWED: usize = 5;

/// What each site held at the fullest moment, from profiles of ever more of the same work: a leak is what grows. Those that hold the most in
/// the end come first.
pub fn by_size(unit: &str, profiles: &[(u64, Record)]) -> Record {
    let mut held: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (at, (_, profile)) in profiles.iter().enumerate() {
        let Record::Heap { sites, .. } = profile else { continue };
        for site in sites {
            let name = site.frames.first().map_or("(unknown)", String::as_str);
            held.entry(name).or_insert_with(|| vec![0; profiles.len()])[at] += site.peak_bytes;
        }
    }
    let mut held: Vec<(&str, Vec<u64>)> = held.into_iter().filter(|(_, bytes)| bytes.iter().any(|b| *b > 0)).collect();
    // Stable, so that equal ones stay in the order of their names.
    held.sort_by_key(|(_, bytes)| std::cmp::Reverse(bytes.last().copied()));
    let sizes = profiles.iter().map(|(size, _)| Column::new(&counted(*size, unit), "B"));
    let row = |(name, bytes): (&str, Vec<u64>)| bytes.into_iter().map(Cell::from).chain([name.into()]).collect();
    Record::Table(Table {
        title: format!("Bytes live at the peak, by {unit}: what grows?"),
        columns: sizes.chain([Column::new("site", "")]).collect(),
        rows: held.into_iter().take(FOLLOWED).map(row).collect(),
        plot: None,
    })
}

/// Sums over a whole profile.
#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    bytes: u64,
    blocks: u64,
    peak_bytes: u64,
    end_bytes: u64,
    end_blocks: u64,
}

/// Folds dhat's program points (one for each distinct stack) to sites (one for each distinct list of our frames).
fn fold(profile: &Value) -> Result<(Totals, Sites)> {
    let frames: Vec<Frame> =
        list(profile, "ftbl")?.iter().map(|frame| parse(frame.as_str().unwrap_or_default())).collect();
    let (mut totals, mut sites) = (Totals::default(), Sites::default());
    for point in list(profile, "pps")? {
        let asked = HeapSite {
            bytes: number(point, "tb")?,
            blocks: number(point, "tbk")?,
            // dhat: "at t-gmax", the moment when the whole heap was largest.
            peak_bytes: number(point, "gb")?,
            // dhat: "at t-end".
            end_bytes: number(point, "eb")?,
            frames: Vec::new(),
        };
        totals.bytes += asked.bytes;
        totals.blocks += asked.blocks;
        totals.peak_bytes += asked.peak_bytes;
        totals.end_bytes += asked.end_bytes;
        totals.end_blocks += number(point, "ebk")?;
        let stack = list(point, "fs")?.iter().filter_map(|index| frames.get(index.as_u64()? as usize));
        sites.add(&stack.collect::<Vec<_>>(), &asked);
    }
    Ok((totals, sites))
}

/// A frame as dhat writes it: `0x55d2: alloc::fmt::format (src/fmt.rs:620:18)`.
fn parse(text: &str) -> Frame {
    let text = text.split_once(": ").map_or(text, |(_address, rest)| rest);
    let (function, place) = text.rsplit_once(" (").unwrap_or((text, ""));
    let mut place = place.trim_end_matches(')').rsplitn(3, ':');
    let (_column, line, file) = (place.next(), place.next(), place.next());
    Frame::new(function, file.unwrap_or_default(), line.unwrap_or_default())
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a [Value]> {
    value[key].as_array().map(Vec::as_slice).with_context(|| format!("`{key}` is not a list"))
}

fn number(value: &Value, key: &str) -> Result<u64> {
    match value[key].as_u64() {
        Some(number) => Ok(number),
        None => bail!("`{key}` is not a count"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn points_fold_to_sites_and_their_sums_agree() {
        let profile = json!({
            "ftbl": [
                "[root]",
                "0x1: alloc::fmt::format (src/fmt.rs:620:18)",
                "0x2: lab_01_string_building::manifest::carrier_manifest::{closure#0} (lab-01/src/manifest.rs:14:13)",
                "0x3: <lab_harness::kernel::KernelProgram<X> as lab_harness::program::Program>::work (src/kernel.rs:10:1)",
                "0x4: sqlx_core::row::Row::get (???:0:0)",
                "0x5: lab_01_string_building::manifest::carrier_manifest::{closure#0} (lab-01/src/manifest.rs:14:40)",
            ],
            "pps": [
                { "tb": 100, "tbk": 2, "gb": 60, "eb": 0, "ebk": 0, "fs": [1, 2, 3] },
                { "tb": 50, "tbk": 1, "gb": 0, "eb": 8, "ebk": 1, "fs": [5, 3] },
                { "tb": 400, "tbk": 9, "gb": 7, "eb": 40, "ebk": 3, "fs": [4, 3] },
            ],
        });
        let site = |[bytes, blocks, peak_bytes, end_bytes]: [u64; 4], frame: &str| HeapSite {
            bytes,
            blocks,
            peak_bytes,
            end_bytes,
            frames: vec![frame.into()],
        };
        let (totals, sites) = fold(&profile).expect("folds");
        assert_eq!(totals, Totals { bytes: 550, blocks: 12, peak_bytes: 67, end_bytes: 48, end_blocks: 4 });
        let closure = "lab_01_string_building::manifest::carrier_manifest::{closure#0} (lab-01/src/manifest.rs:14)";
        assert_eq!(
            sites.into_list(),
            [site([400, 9, 7, 40], "sqlx_core::row::Row::get"), site([150, 3, 60, 8], closure)]
        );
    }

    #[test]
    fn what_grows_with_the_work_stands_first_whatever_was_largest_before() {
        let profile = |leak: u64| {
            let site =
                |peak_bytes, frame: &str| HeapSite { peak_bytes, frames: vec![frame.into()], ..HeapSite::default() };
            let sites = vec![
                site(900, "lab::answers"),
                site(leak, "lab::known"),
                site(leak / 2, "lab::known"),
                site(0, "lab::find"),
            ];
            let (file, svg) = (String::new(), String::new());
            Record::Heap {
                file,
                total_bytes: 0,
                total_blocks: 0,
                peak_bytes: 0,
                end_bytes: 0,
                end_blocks: 0,
                sites,
                svg,
            }
        };
        let Record::Table(table) = by_size("requests", &[(10, profile(400)), (20, profile(800))]) else {
            panic!("no table")
        };
        assert_eq!(table.columns[1], Column::new("20 requests", "B"));
        let row = |few: u64, many: u64, site: &str| vec![few.into(), many.into(), site.into()];
        assert_eq!(table.rows, [row(600, 1_200, "lab::known"), row(900, 900, "lab::answers")]);
    }

    #[test]
    fn another_format_is_an_error() {
        assert!(fold(&json!({ "pps": [] })).is_err());
        assert!(fold(&json!({ "ftbl": [], "pps": [{ "tb": "many" }] })).is_err());
    }
}
