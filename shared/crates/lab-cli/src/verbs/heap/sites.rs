//! Allocation sites and their frames, as short as a terminal needs them.

use std::collections::BTreeSet;

use lab_results::{HeapSite, ProgramRun, Record};

/// What the sites are called that have no frame of ours.
const LIBRARIES: &str = "libraries alone, nothing of ours on the stack";

/// A frame's function and its place, which is empty where it is not known.
pub fn parts(frame: &str) -> (String, &str) {
    let (function, place) = frame.rsplit_once(" (").unwrap_or((frame, ""));
    (function_name(function), place.trim_end_matches(')'))
}

/// A function without its closures, which belong to it; ours also without the crate, which is another one before and after.
fn function_name(path: &str) -> String {
    let path = match path.split_once("::") {
        Some((krate, rest)) if is_a_labs(krate) => rest,
        _ => path,
    };
    let mut name = path;
    while let Some(rest) = name.rsplit_once("::").and_then(|(rest, last)| last.starts_with('{').then_some(rest)) {
        name = rest;
    }
    name.into()
}

/// Whether a crate is a lab or a solution.
fn is_a_labs(krate: &str) -> bool {
    let number = krate.strip_prefix("lab_").or_else(|| krate.strip_prefix("solution_"));
    number.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// A run of which all sites without a frame of ours are one: a service has a hundred of them in its framework, and the one that matters
/// stands between them.
pub fn with_libraries_as_one(run: &ProgramRun) -> ProgramRun {
    let mut run = run.clone();
    for record in &mut run.records {
        if let Record::Heap { sites, .. } | Record::LiveHeap { sites, .. } = record {
            *sites = libraries_as_one(std::mem::take(sites));
        }
    }
    run
}

fn libraries_as_one(sites: Vec<HeapSite>) -> Vec<HeapSite> {
    let (mut ours, libraries): (Vec<HeapSite>, Vec<HeapSite>) =
        sites.into_iter().partition(|site| site.frames.iter().any(|frame| is_ours(frame)));
    ours.extend((!libraries.is_empty()).then(|| sum(&libraries)));
    ours
}

fn is_ours(frame: &str) -> bool {
    let krate = frame.split("::").next().unwrap_or(frame);
    is_a_labs(krate) || krate.starts_with("orderflow")
}

fn sum(sites: &[HeapSite]) -> HeapSite {
    let frames = sites.iter().filter_map(|site| site.frames.first()?.split_once("::"));
    let crates: BTreeSet<&str> = frames.map(|(krate, _)| krate.trim_start_matches(['<', '&'])).collect();
    let crates = Vec::from_iter(crates).join(", ");
    let total = |figure: fn(&HeapSite) -> u64| sites.iter().map(figure).sum();
    HeapSite {
        bytes: total(|site| site.bytes),
        blocks: total(|site| site.blocks),
        peak_bytes: total(|site| site.peak_bytes),
        end_bytes: total(|site| site.end_bytes),
        frames: vec![if crates.is_empty() { LIBRARIES.into() } else { format!("{LIBRARIES} ({crates})") }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_code_of_ours_asked_for_is_one_site() {
        let site =
            |bytes, frame: &str| HeapSite { bytes, blocks: 1, frames: vec![frame.into()], ..HeapSite::default() };
        let sites = vec![
            site(90, "hyper::proto::h1::io::Buffered::new (hyper/src/io.rs:3)"),
            site(50, "lab_03_blocked_runtime::sign_in::sign_in (src/sign_in.rs:16)"),
            site(40, "<axum::Router as tower::Service>::call (axum/src/lib.rs:1)"),
            site(5, "orderflow::Shop::orders (orderflow/src/shop.rs:9)"),
        ];
        let sites = libraries_as_one(sites);
        let bytes: Vec<u64> = sites.iter().map(|site| site.bytes).collect();
        assert_eq!(bytes, [50, 5, 130], "{sites:?}");
        assert!(sites[2].frames[0].ends_with("(axum, hyper)"), "{:?}", sites[2]);
        assert_eq!(parts(&sites[2].frames[0]).0, LIBRARIES);
    }

    #[test]
    fn the_same_function_has_the_same_name_before_and_after() {
        for (frame, function, place) in [
            (
                "lab_01_string_building::manifest::write::{{closure}} (src/manifest.rs:12)",
                "manifest::write",
                "src/manifest.rs:12",
            ),
            (
                "solution_01_string_building::manifest::write (src/manifest.rs:9)",
                "manifest::write",
                "src/manifest.rs:9",
            ),
            ("lab_02::pay::{closure#0}::{closure#1}", "pay", ""),
            ("sqlx_core::row::Row::get (src/row.rs:7)", "sqlx_core::row::Row::get", "src/row.rs:7"),
            ("lab_harness::emit", "lab_harness::emit", ""),
            ("main", "main", ""),
        ] {
            assert_eq!(parts(frame), (function.to_string(), place), "{frame}");
        }
    }
}
