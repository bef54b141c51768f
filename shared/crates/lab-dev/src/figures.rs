//! Recorded figures in a solution's README: written by the tool from a run, never typed.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use lab_results::gate::figure;
use lab_results::names::{clock_label, count_label, margin_label, ratio_label, size_label};
use lab_results::{Cell, Column, Outcome, Record, Verdict};

use super::page::{self, between, date};
use lab_core::arena::Attempt;
use lab_core::catalogue::{self, Lab, Solution};
use lab_core::machine;
use lab_core::on_lab::OnLab;
use lab_core::programs;
use lab_core::say;
use lab_core::verify::{self, Options};
use lab_core::workspace::{Workspace, write_atomically};

const BEGIN: &str = "<!-- figures:begin -->";
const END: &str = "<!-- figures:end -->";
const ALTERNATIVES_BEGIN: &str = "<!-- alternatives:begin -->";
const ALTERNATIVES_END: &str = "<!-- alternatives:end -->";
/// Recorded runs all start from this seed, so that their counts can be repeated.
const SEED: u64 = 7;

/// Verifies the solution as if it were somebody's attempt, and writes what was found into its README.
pub fn record(workspace: &Workspace, lab: &Lab) -> Result<()> {
    let options = Options { seed: Some(SEED), attempt: Attempt::Reference, ..Options::default() };
    let (verdict, _) = verify::run(workspace, lab, &options)?;
    if verdict.outcome != Outcome::Solved {
        bail!("{}: the solution ended {}: {}", lab.name, verdict.outcome.as_str(), verdict.reason);
    }
    let solution = catalogue::solution(workspace, lab)?;
    let path = solution.folder.join("README.md");
    let text = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", path.display()))?;
    let mut text = between(&text, BEGIN, END, &table(lab, &verdict))
        .with_context(|| format!("{} lacks the lines {BEGIN} and {END}", path.display()))?;
    if text.contains(ALTERNATIVES_BEGIN) {
        text = between(&text, ALTERNATIVES_BEGIN, ALTERNATIVES_END, &alternatives(workspace, lab, &solution)?)
            .with_context(|| format!("{} lacks the line {ALTERNATIVES_END}", path.display()))?;
    }
    write_atomically(&path, text.as_bytes())?;
    say!("{} is recorded", workspace.show(&path));
    Ok(())
}

/// The last table of the solution's `reproduce`, which compares it with other ways; on both databases where it uses one.
fn alternatives(workspace: &Workspace, lab: &Lab, solution: &Solution) -> Result<String> {
    let on = OnLab { lab: lab.name.clone(), seed: SEED, smoke: false, solution: true, json: true };
    let mut text = String::new();
    let databases = if lab.meta.uses_database() { &["sqlite", "postgres"][..] } else { &["sqlite"] };
    for &database in databases {
        let records = programs::reproduced(workspace, &solution.name, lab, &on, database.into())?;
        let table = records.iter().rev().find_map(|record| match record {
            Record::Table(table) => Some(table),
            _ => None,
        });
        let table = table.with_context(|| format!("{} shows no table", solution.name))?;
        let heading = |column: &Column| match column.unit.as_str() {
            "" => column.name.clone(),
            unit => format!("{}, {unit}", column.name),
        };
        let cell = |cell: &Cell| match cell {
            Cell::Number(value) => figure(*value),
            // Recorded with the lab as it is committed.
            Cell::Text(text) if text == "yours" => "the original".into(),
            Cell::Text(text) => text.clone(),
        };
        let rows = table.rows.iter().map(|cells| cells.iter().map(cell));
        text.push_str(&page::table(table.columns.iter().map(heading), rows));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        text.push_str(&format!(
            "\n{}, recorded {} on {}: `{}cargo lab solution {} --seed {SEED}`.\n\n",
            table.title,
            date(now),
            machine::describe(),
            if lab.meta.uses_database() { format!("DB={database} ") } else { String::new() },
            lab.nn()
        ));
    }
    Ok(text)
}

/// A README without recorded figures claims what nobody measured; one whose figures lack a gate's is older than the lab.
pub fn problem(lab: &Lab, solution: &Solution, broken: &mut Vec<String>) -> Result<()> {
    let text = std::fs::read_to_string(solution.folder.join("README.md")).unwrap_or_default();
    let inner = page::recorded(&text, BEGIN, END);
    match inner {
        None => broken.push(format!("{}/README.md lacks {BEGIN} and {END}", solution.name)),
        Some(inner) if inner.trim().is_empty() => {
            broken.push(format!("{}/README.md has no figures: cargo lab dev update --measure", solution.name));
        }
        Some(inner) => {
            let missing =
                lab.meta.gates.iter().map(|gate| count_label(&gate.count)).find(|label| !inner.contains(label));
            if let Some(label) = missing {
                let again = "cargo lab dev update --measure";
                broken.push(format!("{}/README.md has no figure of \"{label}\": {again}", solution.name));
            }
        }
    }
    Ok(())
}

fn table(lab: &Lab, verdict: &Verdict) -> String {
    let mut counts = Vec::new();
    if let (Some(original), Some(reference)) = (verdict.largest("original"), verdict.largest("reference")) {
        for (name, value) in &reference.counts {
            let of_original = original.counts.get(name).map_or("-".into(), |value| figure(*value));
            let (label, size) = (count_label(name), size_label(reference.size, &reference.unit));
            counts.push([format!("{label}, at {size}"), of_original, figure(*value)]);
        }
    }
    let mut text = page::table(["", "original", "reference"], counts);
    let ratios = verdict.ratios.iter().filter(|ratio| ratio.name.ends_with("original / yours")).map(|ratio| {
        // `yours` is the solution here.
        let name = ratio_label(ratio).replace("yours", "reference");
        let [median, low, high] = [ratio.ratio.median, ratio.ratio.low, ratio.ratio.high].map(|x| format!("{x:.1}"));
        let (clock, margin) = (clock_label(&ratio.clock).to_string(), margin_label(ratio.margin));
        let finding = ratio.finding.as_str().to_string();
        [name, clock, format!("{median}x"), format!("{low} .. {high}"), margin, finding]
    });
    let ratios: Vec<_> = ratios.collect();
    if !ratios.is_empty() {
        text.push('\n');
        text += &page::table(["first / second", "clock", "ratio", "interval", "margin", "the second is"], ratios);
    }
    let database = verdict.database.as_deref().map(|kind| format!(", {kind}")).unwrap_or_default();
    let load = verdict.load.map(|load| format!(", load {load:.1}")).unwrap_or_default();
    text.push_str(&format!(
        "\nRecorded {} on {}{database}{load}: `cargo lab verify {} --reference --seed {}`.\n",
        date(verdict.at),
        verdict.machine,
        lab.nn(),
        verdict.seed
    ));
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn recorded_figures_have_units_clocks_margins_and_the_words_of_a_verdict() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../labs/lab-03-blocked-runtime");
        let lab = catalogue::lab(&folder).expect("is declared");
        let counts = |subject: &str, mib: f64| json!({ "subject": subject, "size": 32, "unit": "customers", "counts": { "peak_mib": mib } });
        let verdict: Verdict = serde_json::from_value(json!({
            "schema": 3, "lab": lab.name, "seed": 7, "at": 0, "outcome": "solved", "reason": "", "cases": 1, "gates": [],
            "counts": [counts("original", 640.0), counts("reference", 41.0)], "growth": [],
            "ratios": [{ "name": "GET p99: original / yours", "ratio": { "median": 19.2, "low": 15.7, "high": 23.0, "samples": 16 },
                         "finding": "faster", "margin": 0.5, "clock": "wall", "unit": "ms", "medians": [1.0, 1.0], "workers": 4 }],
            "hints_used": 0, "machine": "m", "seconds": 1.0,
        }))
        .expect("a verdict");
        let text = table(&lab, &verdict);
        for row in [
            "| | original | reference |",
            "| peak, MiB, at 32 customers | 640 | 41 |",
            "| GET p99: original / reference | wall time | 19.2x | 15.7 .. 23.0 | 1.50x | faster |",
        ] {
            assert!(text.lines().any(|line| line == row), "{row}\n{text}");
        }
    }
}
