//! What a measurement found: tables for people and for the book, one JSON document.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::sheet::Sheet;
use super::{Part, agreement, cost, memory, stall, starved};
use crate::exam::Bar;
use crate::page::{self, between, date, record_between};
use lab_core::machine;
use lab_core::render::{self, grid, verdict_cell};
use lab_core::say;
use lab_core::terminal::{HEADING, QUIET, paint};
use lab_core::workspace::Workspace;

/// The page of the book that the tables stand on.
const PAGE: &str = "shared/book/src/load-test-that-lied.md";

/// Everything that was measured in one go.
#[derive(Debug, Serialize)]
pub struct Paper {
    /// Version of this document.
    pub schema: u32,
    /// When, in seconds since 1970.
    pub at: u64,
    /// Few and short runs.
    pub quick: bool,
    /// On a machine of continuous integration, which has other things to do.
    pub is_ci: bool,
    /// What was typed.
    pub command: String,
    /// Operating system, architecture, cores.
    pub machine: String,
    /// Load average at the start.
    pub load: Option<f64>,
    /// How long it took.
    pub seconds: f64,
    /// What each generator says of the stalling service.
    pub stall: Option<stall::Stall>,
    /// Verdicts on the same objectives.
    pub agreement: Option<agreement::Agreement>,
    /// CPU time for each request.
    pub cost: Option<cost::Cost>,
    /// Memory of ours.
    pub memory: Option<memory::Memory>,
    /// A generator that is not given the processor.
    pub starved: Option<starved::Starvation>,
    /// All bars.
    pub bars: Vec<Bar>,
}

impl Paper {
    /// Nothing was measured yet.
    pub fn new(quick: bool, command: String) -> Self {
        Paper {
            schema: 1,
            at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            quick,
            is_ci: std::env::var_os("LAB_CI").is_some(),
            command,
            machine: machine::describe(),
            load: machine::load(),
            seconds: 0.0,
            stall: None,
            agreement: None,
            cost: None,
            memory: None,
            starved: None,
            bars: Vec::new(),
        }
    }

    /// The tables of what was measured, with their bars.
    pub fn sheets(&self) -> Vec<(Part, Sheet, Vec<Bar>)> {
        let is_lenient = self.quick || self.is_ci;
        let stall = self.stall.as_ref().map(|found| (Part::Stall, found.sheet(), found.bars(is_lenient)));
        let agreement = self.agreement.as_ref().map(|found| (Part::Agreement, found.sheet(), found.bars()));
        let cost = self.cost.as_ref().map(|found| (Part::Cost, found.sheet(), found.bars(is_lenient)));
        let memory = self.memory.as_ref().map(|found| (Part::Memory, found.sheet(), found.bars()));
        let starved = self.starved.as_ref().map(|found| (Part::Starved, found.sheet(), found.bars(is_lenient)));
        [stall, agreement, cost, memory, starved].into_iter().flatten().collect()
    }

    /// Prints one part's table, and its bars below; nothing where everything is to be one document.
    pub fn show(&self, part: Part, is_json: bool) {
        for (_, sheet, bars) in self.sheets().iter().filter(|(measured, _, _)| *measured == part && !is_json) {
            print(part, sheet, bars);
        }
    }

    /// Writes each part's tables between its markers in the book.
    pub fn record(&self, workspace: &Workspace) -> Result<()> {
        for (part, sheet, bars) in self.sheets() {
            let [begin, end] = markers(part);
            record_between(workspace, PAGE, &begin, &end, &self.markdown(&sheet, &bars))?;
        }
        Ok(())
    }

    fn markdown(&self, sheet: &Sheet, bars: &[Bar]) -> String {
        let mut text = String::new();
        text += &page::table(&sheet.headings, &sheet.rows);
        text.push('\n');
        for note in &sheet.notes {
            let _ = writeln!(text, "{note}\n");
        }
        let row = |bar: &Bar| vec![bar.name.clone(), bar.asked.clone(), bar.found.clone(), word(bar).to_string()];
        if !bars.is_empty() {
            text += &page::table(["bar", "asked", "found", ""], bars.iter().map(row));
            text.push('\n');
        }
        let load = self.load.map(|load| format!(", load {load:.1} at the start")).unwrap_or_default();
        let _ = writeln!(text, "Recorded {} on {}{load}: `{}`.", date(self.at), self.machine, self.command);
        text
    }
}

/// Fails where the page has no place for the tables of these parts.
pub fn can_be_recorded(workspace: &Workspace, parts: &[Part]) -> Result<()> {
    let text = std::fs::read_to_string(workspace.root.join(PAGE)).with_context(|| format!("Cannot read {PAGE}"))?;
    match parts.iter().map(|part| markers(*part)).find(|[begin, end]| between(&text, begin, end, "").is_none()) {
        Some([begin, end]) => bail!("{PAGE} lacks the lines {begin} and {end}"),
        None => Ok(()),
    }
}

/// The lines of the page between which a part's tables stand.
fn markers(part: Part) -> [String; 2] {
    ["begin", "end"].map(|which| format!("<!-- load-{}:{which} -->", part.name()))
}

fn print(part: Part, sheet: &Sheet, bars: &[Bar]) {
    say!("{}", paint(HEADING, part.title()));
    let mut table = grid(&sheet.headings);
    for row in &sheet.rows {
        table.add_row(row);
    }
    render::print(&table);
    for note in &sheet.notes {
        say!("{}", paint(QUIET, note));
    }
    say!();
    if !bars.is_empty() {
        let mut table = grid(&["bar", "asked", "found", ""]);
        for bar in bars {
            let word = verdict_cell(word(bar), Some(!bar.fails()).filter(|good| bar.is_reached == *good));
            table.add_row([bar.name.clone().into(), bar.asked.clone().into(), bar.found.clone().into(), word]);
        }
        render::print(&table);
        say!();
    }
}

fn word(bar: &Bar) -> &'static str {
    match (bar.is_reached, bar.is_asserted) {
        (true, _) => "reached",
        (false, true) => "MISSED",
        (false, false) => "missed; not asserted",
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn the_page_has_a_place_for_every_part() {
        let page = include_str!("../../../../book/src/load-test-that-lied.md");
        for [begin, end] in Part::value_variants().iter().map(|part| markers(*part)) {
            assert!(between(page, &begin, &end, "").is_some(), "{begin}");
        }
    }

    #[test]
    fn a_table_says_where_and_how_it_was_recorded() {
        let paper = Paper {
            at: 1_795_000_000,
            machine: "a machine".into(),
            load: Some(0.5),
            ..Paper::new(false, "cargo lab".into())
        };
        let sheet =
            Sheet { headings: vec!["a", "b"], rows: vec![vec!["1".into(), "2".into()]], notes: vec!["Well.".into()] };
        let bar = Bar { name: "n".into(), asked: "1".into(), found: "2".into(), is_reached: false, is_asserted: true };
        let expected = "| a | b |\n|---|---|\n| 1 | 2 |\n\nWell.\n\n| bar | asked | found | |\n|---|---|---|---|\n\
                        | n | 1 | 2 | MISSED |\n\nRecorded 2026-11-18 on a machine, load 0.5 at the start: `cargo lab`.\n";
        assert_eq!(paper.markdown(&sheet, &[bar]), expected);
    }
}
