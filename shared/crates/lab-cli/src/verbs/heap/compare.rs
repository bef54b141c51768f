//! Two heap profiles side by side.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use lab_results::{HeapSite, ProgramRun, Record};
use serde::Serialize;

use super::sites::parts;

/// Two profiles of the same work.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The earlier: `original` or `yours`.
    pub before: String,
    /// The later: `yours` or `reference`.
    pub after: String,
    /// Both sums of each figure of the whole heap.
    pub totals: Vec<(&'static str, u64, u64)>,
    /// By function, those with the most bytes on either side first.
    pub functions: Vec<Function>,
}

/// All sites of one function. Sites are matched by it, because lines move with every edit.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Function {
    /// Its path; of a function of the lab's or the solution's without the crate.
    pub name: String,
    /// What it asked for before; nothing where it did not ask.
    pub before: Option<Asked>,
    /// And after.
    pub after: Option<Asked>,
}

/// What a function asked for.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Bytes.
    pub bytes: u64,
    /// Blocks.
    pub blocks: u64,
    /// The lines, as `file:line`.
    pub places: BTreeSet<String>,
}

impl Function {
    /// The larger side of a figure.
    pub fn most(&self, figure: impl Fn(&Asked) -> u64) -> u64 {
        [&self.before, &self.after].into_iter().flatten().map(figure).max().unwrap_or_default()
    }
}

/// Sets two runs side by side.
pub fn compare(before: &ProgramRun, after: &ProgramRun) -> Result<Comparison> {
    let ((before_totals, before_sites), (after_totals, after_sites)) = (heap(before)?, heap(after)?);
    let totals = before_totals.into_iter().zip(after_totals).map(|((name, before), (_, after))| (name, before, after));
    let mut functions: BTreeMap<String, Function> = BTreeMap::new();
    for site in before_sites {
        add(site, functions.entry(name(site)).or_default().before.get_or_insert_default());
    }
    for site in after_sites {
        add(site, functions.entry(name(site)).or_default().after.get_or_insert_default());
    }
    let mut functions: Vec<Function> =
        functions.into_iter().map(|(name, function)| Function { name, ..function }).collect();
    // Stable, so that equal ones stay in the order of their names.
    functions.sort_by_key(|function| std::cmp::Reverse(function.most(|asked| asked.bytes)));
    Ok(Comparison { before: before.subject.clone(), after: after.subject.clone(), totals: totals.collect(), functions })
}

/// The figures of the whole heap, and the sites.
type Heap<'a> = (Vec<(&'static str, u64)>, &'a [HeapSite]);

fn heap(run: &ProgramRun) -> Result<Heap<'_>> {
    let found = run.records.iter().find_map(|record| match record {
        Record::Heap { total_bytes, total_blocks, peak_bytes, end_bytes, sites, .. } => Some((
            vec![
                ("bytes requested", *total_bytes),
                ("blocks requested", *total_blocks),
                ("bytes live at the peak", *peak_bytes),
                ("bytes live at the end", *end_bytes),
            ],
            sites.as_slice(),
        )),
        Record::LiveHeap { live_bytes, sites, .. } => Some((vec![("bytes live", *live_bytes)], sites.as_slice())),
        _ => None,
    });
    found.with_context(|| format!("{} printed no heap profile", run.subject))
}

/// The innermost frame's function: ours where there is one, as the harness sorts them.
fn name(site: &HeapSite) -> String {
    site.frames.first().map_or("(unknown)".into(), |frame| parts(frame).0)
}

fn add(site: &HeapSite, asked: &mut Asked) {
    asked.bytes += site.bytes;
    asked.blocks += site.blocks;
    let place = site.frames.first().map_or("", |frame| parts(frame).1);
    if !place.is_empty() {
        asked.places.insert(place.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(subject: &str, sites: &[(u64, u64, &str)]) -> ProgramRun {
        let sites: Vec<HeapSite> = sites
            .iter()
            .map(|&(bytes, blocks, frame)| HeapSite { bytes, blocks, frames: vec![frame.into()], ..Default::default() })
            .collect();
        let heap = Record::Heap {
            file: String::new(),
            total_bytes: sites.iter().map(|site| site.bytes).sum(),
            total_blocks: sites.iter().map(|site| site.blocks).sum(),
            peak_bytes: 5,
            end_bytes: 0,
            end_blocks: 0,
            sites,
            svg: String::new(),
        };
        ProgramRun {
            schema: 1,
            subject: subject.into(),
            at: 0,
            seed: 7,
            smoke: false,
            database: None,
            machine: String::new(),
            load: None,
            records: vec![Record::Note { text: "a word before".into() }, heap],
        }
    }

    #[test]
    fn sites_are_matched_by_function_whatever_their_lines() {
        let before = run(
            "original",
            &[
                (900, 90, "lab_01_x::manifest::write::{{closure}} (src/manifest.rs:12)"),
                (100, 1, "lab_01_x::manifest::write (src/manifest.rs:9)"),
                (10, 10, "lab_01_x::manifest::label (src/manifest.rs:30)"),
            ],
        );
        let after = run(
            "reference",
            &[
                (50, 2, "solution_01_x::manifest::write (src/manifest.rs:11)"),
                (40, 4, "solution_01_x::manifest::room (src/manifest.rs:20)"),
            ],
        );
        let compared = compare(&before, &after).expect("both have a profile");
        assert_eq!(compared.totals[..2], [("bytes requested", 1_010, 90), ("blocks requested", 101, 6)]);
        let asked = |bytes, blocks, places: &[&str]| {
            Some(Asked { bytes, blocks, places: places.iter().map(|place| place.to_string()).collect() })
        };
        let function = |name: &str, before, after| Function { name: name.into(), before, after };
        assert_eq!(
            compared.functions,
            [
                function(
                    "manifest::write",
                    asked(1_000, 91, &["src/manifest.rs:12", "src/manifest.rs:9"]),
                    asked(50, 2, &["src/manifest.rs:11"])
                ),
                function("manifest::room", None, asked(40, 4, &["src/manifest.rs:20"])),
                function("manifest::label", asked(10, 10, &["src/manifest.rs:30"]), None),
            ]
        );
    }

    #[test]
    fn a_run_without_a_profile_is_named() {
        let empty = ProgramRun { records: Vec::new(), ..run("yours", &[]) };
        let error = compare(&run("original", &[]), &empty).expect_err("has none");
        assert!(error.to_string().contains("yours"), "{error}");
    }
}
