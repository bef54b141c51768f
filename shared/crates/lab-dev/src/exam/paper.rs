//! What the examination found: one JSON document, and its tables for the book.

use std::fmt::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::asked::{Answer, Bar, ControlAnswer, CriterionAnswer, GrowthAnswer, Question};
use crate::page::{self, date, record_between};
use lab_core::machine;
use lab_core::say;
use lab_core::workspace::Workspace;

/// The page of the book that the tables stand on.
const PAGE: &str = "shared/book/src/measuring-examined.md";
const BEGIN: &str = "<!-- exam:begin -->";
const END: &str = "<!-- exam:end -->";

/// One examination.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Paper {
    /// Version of this document.
    pub schema: u32,
    /// When, in seconds since 1970.
    pub at: u64,
    /// Few runs of each question.
    pub quick: bool,
    /// What was typed.
    pub command: String,
    /// Operating system, architecture, cores.
    pub machine: String,
    /// Load average at the end.
    pub load: Option<f64>,
    /// How long it took.
    pub seconds: f64,
    /// Each question's answers.
    pub answers: Vec<Answer>,
    /// Growth classes.
    pub growth: Vec<GrowthAnswer>,
    /// What must fail, and the judge beside it.
    pub controls: Vec<ControlAnswer>,
    /// Criterion on the same work.
    pub criterion: Vec<CriterionAnswer>,
    /// What must be reached.
    pub bars: Vec<Bar>,
}

impl Paper {
    /// An empty paper.
    pub fn new(quick: bool) -> Self {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut command = "cargo lab dev measure-judge".to_string();
        if quick {
            command.push_str(" --quick");
        }
        Paper {
            schema: 1,
            at,
            quick,
            command,
            machine: machine::describe(),
            load: None,
            seconds: 0.0,
            answers: Vec::new(),
            growth: Vec::new(),
            controls: Vec::new(),
            criterion: Vec::new(),
            bars: Vec::new(),
        }
    }

    /// The newest paper in a folder, to be gone on with.
    pub fn newest(folder: &Path) -> Result<Self> {
        let names = std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.file_name()));
        let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
        names.retain(|name| name.starts_with("exam-") && name.ends_with(".json"));
        names.sort();
        let name = names.last().context("There is no examination to resume: run it without --resume")?;
        let text = std::fs::read_to_string(folder.join(name))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{name} is not the paper of an examination of this version"))
    }

    /// Whether a question was answered already.
    pub fn has_answer(&self, question: &Question) -> bool {
        self.answers.iter().any(|answer| {
            (answer.class.as_str(), answer.percent, answer.hogs) == (question.class, question.percent, question.hogs)
        })
    }

    /// The tables, readable as they are.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        table(
            &mut text,
            [
                "work",
                "planted",
                "beside it",
                "load",
                "runs",
                "same",
                "faster",
                "slower",
                "cannot tell",
                "wrong",
                "ratio",
                "sample",
                "s a verdict (p95)",
            ],
            self.answers.iter().map(answer_row),
        );
        table(
            &mut text,
            ["growth", "runs", "named from counts", "named from times", "counts repeat"],
            self.growth.iter().map(|answer| {
                let by_time = answer.by_time.map_or("-".into(), |right| right.to_string());
                let repeated = if answer.counts_repeated { "10 of 10" } else { "no" };
                [
                    answer.class.to_string(),
                    answer.runs.to_string(),
                    answer.by_counts.to_string(),
                    by_time,
                    repeated.into(),
                ]
            }),
        );
        table(
            &mut text,
            ["way of measuring identical work", "verdicts", "\"different\"", "must fail"],
            self.controls.iter().map(|control| {
                let must = if control.must_fail { "yes" } else { "no" };
                [control.name.to_string(), control.runs.to_string(), control.different.to_string(), must.into()]
            }),
        );
        table(
            &mut text,
            ["Criterion, saved baseline", "planted", "comparisons", "regressed", "improved", "no change", "s each"],
            self.criterion.iter().map(|answer| {
                let CriterionAnswer { class, percent, runs, regressed, improved, unchanged, seconds_p50 } = answer;
                let [runs, regressed, improved, unchanged] =
                    [runs, regressed, improved, unchanged].map(|times| times.to_string());
                let seconds = format!("{seconds_p50:.0}");
                [class.to_string(), format!("{percent}%"), runs, regressed, improved, unchanged, seconds]
            }),
        );
        table(
            &mut text,
            ["bar", "asked", "found", ""],
            self.bars.iter().map(|bar| {
                let word = match (bar.is_reached, bar.is_asserted) {
                    (true, _) => "reached",
                    (false, true) => "MISSED",
                    (false, false) => "missed; asserted in the whole examination only",
                };
                [bar.name.clone(), bar.asked.clone(), bar.found.clone(), word.into()]
            }),
        );
        let _ = writeln!(
            text,
            "Recorded {} on {}, in {:.0} minutes: `{}`.",
            date(self.at),
            self.machine,
            self.seconds / 60.0,
            self.command
        );
        text
    }

    /// Writes the tables into the book.
    pub fn record(&self, workspace: &Workspace) -> Result<()> {
        record_between(workspace, PAGE, BEGIN, END, &self.markdown())?;
        say!("{PAGE} is recorded");
        Ok(())
    }
}

/// A table where there is something to show.
fn table<const N: usize>(text: &mut String, headings: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        *text += &(page::table(headings, rows) + "\n");
    }
}

fn answer_row(answer: &Answer) -> [String; 13] {
    let times = |times: &dyn std::fmt::Display| times.to_string();
    [
        times(&answer.class),
        format!("{}%", answer.percent),
        times(&answer.hogs),
        answer.load.map_or("-".into(), |[low, high]| format!("{low:.0}-{high:.0}")),
        times(&answer.runs),
        times(&answer.same),
        times(&answer.faster),
        times(&answer.slower),
        times(&answer.inconclusive),
        times(&answer.wrong),
        answer.ratio.map_or("-".into(), |ratio| format!("{ratio:.4}")),
        answer.sample_us.map_or("-".into(), |us| format!("{us:.0} us, {}", answer.clock)),
        format!("{:.1} ({:.1})", answer.seconds_p50, answer.seconds_p95),
    ]
}
