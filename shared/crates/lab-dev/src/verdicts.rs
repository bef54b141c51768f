//! `lab dev measure-verdicts`: the same verdict again and again, while another process keeps one core busy.
//!
//! Each lab as it is, its solution, a half fix and what only renames are verified so many times with a new seed each time. A verdict
//! that comes out otherwise even once is a flip, and so is another gate than the one that the attempt is known to miss. Where no
//! time decides the verdict, none is taken unless it is asked for.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use lab_results::names::clock_label;
use lab_results::stats::median;
use lab_results::{Finding, Outcome, Verdict};
use serde::Serialize;

use super::exam::{self, Hogs, progress};
use super::page::{date, record_between, table};
use super::prove::{self, Proof};
use lab_core::catalogue::{Kind, Lab};
use lab_core::machine;
use lab_core::say;
use lab_core::verify::{self, Options};
use lab_core::workspace::{Workspace, write_atomically};

/// The page of the book that the table stands on.
const PAGE: &str = "shared/book/src/measuring-examined.md";
const BEGIN: &str = "<!-- verdicts:begin -->";
const END: &str = "<!-- verdicts:end -->";

/// How to repeat.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// How often.
    pub runs: u16,
    /// Take times also where they decide nothing.
    pub with_time: bool,
    /// Write the table into the book.
    pub record: bool,
}

/// What one attempt came to.
#[derive(Debug, Clone, Serialize)]
struct RepeatedRow {
    lab: String,
    attempt: String,
    expected: String,
    runs: usize,
    /// Runs by what they said.
    said: BTreeMap<String, usize>,
    flips: usize,
    seconds_p50: f64,
}

/// What a timed figure said of identical programs: the reference beside itself, and the lab as it is or only renamed beside the lab.
#[derive(Debug, Clone, Default, Serialize)]
struct Identical {
    findings: BTreeMap<Finding, usize>,
    /// Lowest and highest median ratio.
    span: Option<[f64; 2]>,
}

/// By lab, and by figure.
type ByFigure = BTreeMap<String, BTreeMap<String, Identical>>;

/// All rows so far, and what was said of identical programs.
#[derive(Debug, Default, Serialize)]
struct Repeated {
    rows: Vec<RepeatedRow>,
    identical: ByFigure,
}

/// Verifies everything `runs` times; exit code 1 when anything flipped.
pub fn run(workspace: &Workspace, labs: &[Lab], options: &Repeat) -> Result<u8> {
    let runs = usize::from(options.runs);
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let path = workspace.target.join(format!("lab/judge/verdicts-{at}.json"));
    let _hog = Hogs::start(&exam::build(workspace, true)?, 1)?;
    let mut found = Repeated::default();
    for lab in labs {
        let no_time = lab.meta.kind != Kind::Kernel && !options.with_time;
        for proof in asked(prove::proofs(workspace, lab)?) {
            let row = ask(workspace, lab, &proof, runs, no_time, &mut found.identical)?;
            lab_core::complain!("{} {}: {} flips in {} runs {:?}", row.lab, row.attempt, row.flips, row.runs, row.said);
            found.rows.push(row);
            write_atomically(&path, &serde_json::to_vec_pretty(&found)?)?;
            if options.record {
                // After every row: an hour of verdicts is not lost to a closed laptop.
                record_between(workspace, PAGE, BEGIN, END, &markdown(&found, at, runs))?;
            }
        }
    }
    say!("{}", markdown(&found, at, runs));
    Ok(u8::from(found.rows.iter().any(|row| row.flips > 0)))
}

/// The lab as it is, its solution, what only renames, and the first half fix. Whatever crashes says nothing about clocks.
fn asked(proofs: Vec<Proof>) -> impl Iterator<Item = Proof> {
    let mut has_half_fix = false;
    proofs.into_iter().filter(move |proof| {
        let is_fixed = ["pristine", "solution"].contains(&proof.name.as_str()) || proof.name.ends_with("only-renames");
        is_fixed || proof.name.starts_with("not-yet-") && !std::mem::replace(&mut has_half_fix, true)
    })
}

fn ask(
    workspace: &Workspace,
    lab: &Lab,
    proof: &Proof,
    runs: usize,
    no_time: bool,
    identical: &mut ByFigure,
) -> Result<RepeatedRow> {
    let bar = progress(format!("{} {}", lab.name, proof.name), runs);
    let mut row = RepeatedRow {
        lab: lab.name.clone(),
        attempt: proof.name.clone(),
        expected: proof.expected.as_str().into(),
        runs,
        said: BTreeMap::new(),
        flips: 0,
        seconds_p50: f64::NAN,
    };
    let mut seconds = Vec::new();
    for _ in 0..runs {
        let started = Instant::now();
        let options = Options { attempt: proof.attempt.clone(), no_time, ..Options::default() };
        let (mut verdict, _) = verify::run(workspace, lab, &options)?;
        // What is not timed here is held against its counts alone.
        if no_time && verdict.outcome == Outcome::CountsPass {
            verdict.outcome = Outcome::Solved;
        }
        seconds.push(started.elapsed().as_secs_f64());
        see_identical(lab, proof, &verdict, identical);
        let wrong = proof.problem(&verdict).or_else(|| difference(lab, proof, &verdict));
        row.flips += usize::from(wrong.is_some());
        *row.said.entry(wrong.unwrap_or_else(|| said(proof, &verdict))).or_default() += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    row.seconds_p50 = median(&seconds).unwrap_or(f64::NAN);
    Ok(row)
}

/// Counts what this verdict says of programs that do the same work.
fn see_identical(lab: &Lab, proof: &Proof, verdict: &Verdict, identical: &mut ByFigure) {
    let is_original = proof.name == "pristine" || proof.name == "not-yet-only-renames";
    for ratio in &verdict.ratios {
        if !(ratio.is_noise() || is_original && ratio.name.ends_with("original / yours")) {
            continue;
        }
        let size = ratio.size.map(|size| format!(", size {size}")).unwrap_or_default();
        let figure = format!("{}{size}, {}", ratio.name, clock_label(&ratio.clock));
        let seen = identical.entry(lab.name.clone()).or_default().entry(figure).or_default();
        *seen.findings.entry(ratio.finding).or_default() += 1;
        let median = ratio.ratio.median;
        let [low, high] = seen.span.unwrap_or([median, median]);
        seen.span = Some([low.min(median), high.max(median)]);
    }
}

fn said(proof: &Proof, verdict: &Verdict) -> String {
    let gates = proof.misses.as_ref().map(|gates| format!(": {}", gates.join(", "))).unwrap_or_default();
    format!("{}{gates}", verdict.outcome.as_str())
}

/// A refactor that changes no work must not be called faster or slower, and of a pure function it must be called the same.
fn difference(lab: &Lab, proof: &Proof, verdict: &Verdict) -> Option<String> {
    if !proof.name.ends_with("only-renames") {
        return None;
    }
    let original = if proof.name.starts_with("solved-") { "reference / yours" } else { "original / yours" };
    let findings = verdict.ratios.iter().filter(|ratio| ratio.name.ends_with(original));
    let findings: Vec<Finding> = findings.map(|ratio| ratio.finding).collect();
    let is_different = findings.iter().any(|finding| matches!(finding, Finding::Faster | Finding::Slower));
    let is_same = lab.meta.kind != Kind::Kernel || findings.contains(&Finding::Same);
    (is_different || !is_same).then(|| format!("{original} {findings:?}"))
}

fn markdown(found: &Repeated, at: u64, runs: usize) -> String {
    let row = |row: &RepeatedRow| {
        let said: Vec<String> = row.said.iter().map(|(what, times)| format!("{times} x {what}")).collect();
        let RepeatedRow { lab, attempt, expected, flips, seconds_p50, .. } = row;
        let (flips, seconds) = (flips.to_string(), format!("{seconds_p50:.0}"));
        [lab.to_string(), attempt.to_string(), expected.to_string(), said.join("; "), flips, seconds]
    };
    let mut text = table(["lab", "attempt", "must say", "said", "flips", "s each"], found.rows.iter().map(row));
    text.push_str("\nWhat the timed figures of the same runs said of programs that do the same work:\n\n");
    let figures = found.identical.iter().flat_map(|(lab, figures)| figures.iter().map(move |it| (lab, it)));
    let identical = figures.map(|(lab, (figure, Identical { findings, span }))| {
        let times = |finding: Finding| findings.get(&finding).copied().unwrap_or(0);
        let different = times(Finding::Faster) + times(Finding::Slower);
        let [low, high] = span.unwrap_or([f64::NAN; 2]);
        let [same, unclear, different] =
            [times(Finding::Same), times(Finding::Inconclusive), different].map(|times| times.to_string());
        [lab.to_string(), figure.to_string(), same, unclear, different, format!("{low:.2} .. {high:.2}")]
    });
    text += &table(["lab", "figure", "same", "cannot tell", "different", "median ratios"], identical);
    let _ = writeln!(
        text,
        "\nRecorded {} on {}, one core kept busy by another process: `cargo lab dev measure-verdicts --runs {runs}`.",
        date(at),
        machine::describe()
    );
    text
}
