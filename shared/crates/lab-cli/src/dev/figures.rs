//! Recorded figures in a solution's README: written by the tool from a run, never typed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use lab_results::gate::figure;
use lab_results::{Cell, Column, Outcome, Record, Verdict};

use super::update::between;
use crate::args::OnLab;
use crate::catalogue::{self, Lab, Solution};
use crate::machine;
use crate::say;
use crate::verbs::reproduce;
use crate::verify::{self, Options};
use crate::workspace::{Workspace, write_atomically};

const BEGIN: &str = "<!-- figures:begin -->";
const END: &str = "<!-- figures:end -->";
const ALTERNATIVES_BEGIN: &str = "<!-- alternatives:begin -->";
const ALTERNATIVES_END: &str = "<!-- alternatives:end -->";
/// Recorded runs all start from this seed, so that their counts can be repeated.
const SEED: u64 = 7;

/// Verifies the solution as if it were somebody's attempt, and writes what was found into its README.
pub fn record(workspace: &Workspace, lab: &Lab) -> Result<()> {
    let options = Options { seed: Some(SEED), reference: true, ..Options::default() };
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

/// The last table of the solution's `reproduce`, which compares it with other ways, on SQLite and on PostgreSQL.
fn alternatives(workspace: &Workspace, lab: &Lab, solution: &Solution) -> Result<String> {
    let on = OnLab { lab: lab.name.clone(), seed: SEED, smoke: false, solution: true, json: true };
    let mut text = String::new();
    for database in ["sqlite", "postgres"] {
        let records = reproduce::records(workspace, &solution.name, lab, &on, database.into())?;
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
        let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        text.push_str(&row(table.columns.iter().map(heading).collect()));
        text.push_str(&row(table.columns.iter().map(|_| "---".to_string()).collect()));
        for cells in &table.rows {
            text.push_str(&row(cells.iter().map(cell).collect()));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        text.push_str(&format!(
            "\n{}, recorded {} on {}: `DB={database} cargo lab solution {} --seed {SEED}`.\n\n",
            table.title,
            date(now),
            machine::describe(),
            lab.nn()
        ));
    }
    Ok(text)
}

/// A README without recorded figures claims what nobody measured.
pub fn problem(solution: &Solution, broken: &mut Vec<String>) -> Result<()> {
    let text = std::fs::read_to_string(solution.folder.join("README.md")).unwrap_or_default();
    let inner = text.split_once(BEGIN).and_then(|(_, rest)| Some(rest.split_once(END)?.0));
    match inner {
        None => broken.push(format!("{}/README.md lacks {BEGIN} and {END}", solution.name)),
        Some(inner) if inner.trim().is_empty() => {
            broken.push(format!("{}/README.md has no figures: cargo lab dev update --measure", solution.name));
        }
        Some(_) => {}
    }
    Ok(())
}

fn table(lab: &Lab, verdict: &Verdict) -> String {
    let mut text = String::from("| | broken | fixed |\n|---|---|---|\n");
    if let (Some(baseline), Some(reference)) = (verdict.largest("baseline"), verdict.largest("reference")) {
        for (name, value) in &reference.counts {
            let broken = baseline.counts.get(name).map_or("-".into(), |value| figure(*value));
            text.push_str(&format!(
                "| {} (size {}) | {broken} | {} |\n",
                name.replace('_', " "),
                reference.size,
                figure(*value)
            ));
        }
    }
    for ratio in verdict.ratios.iter().filter(|ratio| ratio.name.ends_with("baseline / yours")) {
        let what = ratio.name.trim_end_matches("baseline / yours").trim_end_matches([':', ' ']);
        let what = if what.is_empty() { "time" } else { what };
        text.push_str(&format!(
            "| {what}, broken / fixed | {:.1}x ({:.1} .. {:.1}) | 1 |\n",
            ratio.ratio.median, ratio.ratio.low, ratio.ratio.high
        ));
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

/// `2026-11-23`, from seconds since 1970.
pub fn date(seconds: u64) -> String {
    let time = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
    time.split_once('T').map_or(time.clone(), |(date, _)| date.to_string())
}
