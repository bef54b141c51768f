//! Stacks that asked for memory, folded to the sites that a reader can change.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::Result;
use lab_flame::{Stacks, is_ours, plain, without_the_runner};
use lab_results::HeapSite;

/// How many frames name a site where none of them is ours.
const FOREIGN_FRAMES: usize = 3;
/// Frames that every allocation has and that say nothing about it.
const PLUMBING: [&str; 9] = [
    "__rust",
    "alloc::alloc::",
    "alloc::boxed::",
    "alloc::raw_vec::",
    "alloc::vec::",
    "core::",
    "dhat::",
    "lab_harness::",
    "tikv_jemallocator::",
];
/// Frames of allocators. What they were called by is the innermost frame of a flamegraph.
const ALLOCATORS: [&str; 4] = ["__rust", "alloc::alloc::", "alloc::raw_vec::", "tikv_jemallocator::"];
/// So many parts of a path are kept: a file of ours with its crate's folder, and little of the long paths of others.
const PARTS: usize = 3;

/// One frame of a stack.
#[derive(Debug)]
pub(crate) struct Frame {
    function: String,
    /// `file:line`, empty where it is not known.
    place: String,
}

impl Frame {
    /// A frame with its function as the symbol names it. Its column says little and would make one site several.
    pub(crate) fn new(symbol: &str, file: &str, line: &str) -> Frame {
        let parts: Vec<&str> = file.rsplitn(PARTS + 1, '/').take(PARTS).collect();
        let file = parts.into_iter().rev().collect::<Vec<_>>().join("/");
        let place = if file.is_empty() || file == "???" { String::new() } else { format!("{file}:{line}") };
        Frame { function: plain(symbol), place }
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.function),
            place => write!(f, "{} ({place})", self.function),
        }
    }
}

/// Sites, and the stacks behind them by bytes.
#[derive(Debug, Default)]
pub(crate) struct Sites {
    by_frames: BTreeMap<Vec<String>, HeapSite>,
    stacks: Stacks,
}

impl Sites {
    /// Adds what a stack, innermost frame first, asked for.
    pub(crate) fn add(&mut self, stack: &[&Frame], asked: &HeapSite) {
        let site = self.by_frames.entry(name(stack)).or_default();
        site.bytes += asked.bytes;
        site.blocks += asked.blocks;
        site.peak_bytes += asked.peak_bytes;
        site.end_bytes += asked.end_bytes;
        let is_allocator = |frame: &&&Frame| {
            !frame.function.contains("::") || ALLOCATORS.iter().any(|name| frame.function.starts_with(name))
        };
        let allocators = stack.iter().take_while(is_allocator).count();
        let names: Vec<String> = stack[allocators..].iter().rev().map(|frame| frame.function.clone()).collect();
        self.stacks.add(&without_the_runner(&names), asked.bytes);
    }

    /// Writes the flamegraph of all bytes.
    pub(crate) fn draw(&self, title: &str, svg: &Path) -> Result<()> {
        lab_flame::draw(&self.stacks, title, "bytes", svg)
    }

    /// All sites, the largest first.
    pub(crate) fn into_list(self) -> Vec<HeapSite> {
        let mut sites: Vec<HeapSite> =
            self.by_frames.into_iter().map(|(frames, site)| HeapSite { frames, ..site }).collect();
        // Stable, so that equal ones stay in the order of their frames.
        sites.sort_by_key(|site| std::cmp::Reverse(site.bytes));
        sites
    }
}

/// The frames of ours, innermost first; where there are none, the first that are not part of allocating.
fn name(stack: &[&Frame]) -> Vec<String> {
    let ours: Vec<String> =
        stack.iter().filter(|frame| is_ours(&frame.function)).map(|frame| frame.to_string()).collect();
    if !ours.is_empty() {
        return ours;
    }
    let telling = |frame: &&&Frame| {
        frame.function.contains("::") && !PLUMBING.iter().any(|plumbing| frame.function.starts_with(plumbing))
    };
    stack.iter().filter(telling).take(FOREIGN_FRAMES).map(|frame| frame.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_keeps_the_crate_and_drops_what_is_above() {
        let at = |file| Frame::new("f", file, "7").to_string();
        assert_eq!(at("/home/me/labs/lab-01/src/manifest.rs"), "f (lab-01/src/manifest.rs:7)");
        assert_eq!(at("manifest.rs"), "f (manifest.rs:7)");
        assert_eq!(at("???"), "f");
        assert_eq!(at(""), "f");
    }

    #[test]
    fn the_picture_leaves_out_the_allocator_and_the_runner() {
        let frames = [
            "_rjem_je_malloc",
            "__rustc::__rust_alloc",
            "alloc::vec::Vec::push",
            "lab_01::f",
            "lab_harness::kernel::work",
        ]
        .map(|symbol| Frame::new(symbol, "", ""));
        let mut sites = Sites::default();
        sites.add(&frames.iter().collect::<Vec<_>>(), &HeapSite { bytes: 5, blocks: 1, ..HeapSite::default() });
        assert_eq!(sites.stacks.to_string(), "lab_01::f;alloc::vec::Vec::push 5\n");
        assert_eq!(sites.into_list()[0].frames, ["lab_01::f"]);
    }
}
