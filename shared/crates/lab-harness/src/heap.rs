//! Heap profiles: who asked for memory, how often, how much.
//!
//! The allocator of a program built with the feature `heap` records the stack of every request. That costs an order of magnitude
//! of time, so that times say nothing here; counts and bytes are exact.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lab_flame::{is_ours, plain};
use lab_results::{HeapSite, Record};
use serde_json::Value;

/// How many sites are named.
const SITES: usize = 10;
/// How many frames name a site where none of them is ours.
const FOREIGN_FRAMES: usize = 3;
/// Stacks are cut off after this many frames: asynchronous ones are deep, and ours are often the outer ones.
const DEPTH: usize = 32;
/// Frames that every allocation has and that say nothing about it.
const PLUMBING: [&str; 8] = [
    "__rust",
    "alloc::alloc::",
    "alloc::boxed::",
    "alloc::raw_vec::",
    "alloc::vec::",
    "core::",
    "dhat::",
    "lab_harness::",
];

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
    /// Stops, writes the file for dhat's viewer, and says which sites requested the most bytes.
    pub fn finish(self) -> Result<Record> {
        let HeapProfiler { profiler, file } = self;
        drop(profiler);
        let text = fs::read_to_string(&file)
            .with_context(|| format!("The heap profile was not written to {}; is the disk full?", file.display()))?;
        let profile = serde_json::from_str(&text).context("The heap profile is not JSON")?;
        summarise(&profile, file.display().to_string()).context("The heap profile is not as dhat 0.3 writes it")
    }
}

/// Folds dhat's program points (one for each distinct stack) to sites (one for each distinct list of our frames).
fn summarise(profile: &Value, file: String) -> Result<Record> {
    let frames: Vec<Frame> =
        list(profile, "ftbl")?.iter().map(|frame| Frame::parse(frame.as_str().unwrap_or_default())).collect();
    let (mut total_bytes, mut total_blocks, mut peak_bytes) = (0, 0, 0);
    let mut sites: BTreeMap<Vec<String>, (u64, u64)> = BTreeMap::new();
    for point in list(profile, "pps")? {
        let (bytes, blocks) = (number(point, "tb")?, number(point, "tbk")?);
        total_bytes += bytes;
        total_blocks += blocks;
        // Bytes live at the moment when the whole heap was largest.
        peak_bytes += number(point, "gb")?;
        let stack = list(point, "fs")?.iter().filter_map(|index| frames.get(index.as_u64()? as usize));
        let site = sites.entry(name_site(&stack.collect::<Vec<_>>())).or_default();
        site.0 += bytes;
        site.1 += blocks;
    }
    let mut sites: Vec<HeapSite> =
        sites.into_iter().map(|(frames, (bytes, blocks))| HeapSite { bytes, blocks, frames }).collect();
    sites.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.frames.cmp(&b.frames)));
    sites.truncate(SITES);
    Ok(Record::Heap { file, total_bytes, total_blocks, peak_bytes, sites })
}

/// The frames of ours, innermost first; where there are none, the first that are not part of allocating.
fn name_site(stack: &[&Frame]) -> Vec<String> {
    let ours: Vec<String> =
        stack.iter().filter(|frame| is_ours(&frame.function)).map(|frame| frame.to_string()).collect();
    if !ours.is_empty() {
        return ours;
    }
    let telling = |frame: &&&Frame| !PLUMBING.iter().any(|plumbing| frame.function.starts_with(plumbing));
    stack.iter().filter(telling).take(FOREIGN_FRAMES).map(|frame| frame.to_string()).collect()
}

/// One frame, which dhat writes as `0x55d2: alloc::fmt::format (src/fmt.rs:620:18)`.
struct Frame {
    function: String,
    place: String,
}

impl Frame {
    fn parse(text: &str) -> Frame {
        let text = text.split_once(": ").map_or(text, |(_address, rest)| rest);
        let (function, place) = text.rsplit_once(" (").unwrap_or((text, ""));
        // The column says little and makes one site several.
        let place = place.trim_end_matches(')').rsplit_once(':').map_or("", |(place, _column)| place);
        Frame { function: plain(function), place: place.to_string() }
    }
}

impl std::fmt::Display for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.place.as_str() {
            "" | "???:0" => f.write_str(&self.function),
            place => write!(f, "{} ({place})", self.function),
        }
    }
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
                "0x4: sqlx_core::row::Row::get (src/row.rs:7:9)",
                "0x5: lab_01_string_building::manifest::carrier_manifest::{closure#0} (lab-01/src/manifest.rs:14:40)",
            ],
            "pps": [
                { "tb": 100, "tbk": 2, "gb": 60, "fs": [1, 2, 3] },
                { "tb": 50, "tbk": 1, "gb": 0, "fs": [5, 3] },
                { "tb": 400, "tbk": 9, "gb": 7, "fs": [4, 3] },
            ],
        });
        let site = |bytes, blocks, frame: &str| HeapSite { bytes, blocks, frames: vec![frame.into()] };
        let expected = Record::Heap {
            file: "f".into(),
            total_bytes: 550,
            total_blocks: 12,
            peak_bytes: 67,
            sites: vec![
                site(400, 9, "sqlx_core::row::Row::get (src/row.rs:7)"),
                site(
                    150,
                    3,
                    "lab_01_string_building::manifest::carrier_manifest::{closure#0} (lab-01/src/manifest.rs:14)",
                ),
            ],
        };
        assert_eq!(summarise(&profile, "f".into()).expect("folds"), expected);
    }

    #[test]
    fn another_format_is_an_error() {
        assert!(summarise(&json!({ "pps": [] }), String::new()).is_err());
        assert!(summarise(&json!({ "ftbl": [], "pps": [{ "tb": "many" }] }), String::new()).is_err());
    }
}
