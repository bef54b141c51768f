//! What a phase found, as lines: what to look at first comes first.

use anstyle::Style;
use lab_results::gate::{GateResult, Status, figure};
use lab_results::verdict::Ratio;
use lab_results::{Finding, Outcome, Verdict};

use crate::fullscreen::{Line, wrapped};
use crate::terminal::{BAD, GOOD, HEADING, QUIET, WARN};
use crate::verbs::hint::Hint;
use crate::verbs::watch::verification::{Found, Phase};

/// The word for a verdict. Counts alone do not solve a lab.
pub fn headline(verdict: &Verdict, phase: Phase) -> (Style, &'static str) {
    match (verdict.outcome, phase) {
        (Outcome::Solved, Phase::Counts) => (GOOD, "COUNTS PASS"),
        (Outcome::Solved, Phase::Complete) => (GOOD, Outcome::Solved.as_str()),
        (outcome @ (Outcome::NotYet | Outcome::Inconclusive), _) => (WARN, outcome.as_str()),
        (outcome @ (Outcome::WrongAnswer | Outcome::Invalid), _) => (BAD, outcome.as_str()),
    }
}

/// Style and word of what was found, and where it comes from.
pub fn state(found: &Found, phase: Phase) -> (Style, &'static str, String) {
    match found {
        Found::Failed(_) => (BAD, "FAILED", "the verification could not be done".into()),
        Found::Verdict(verdict, _) => {
            let (style, word) = headline(verdict, phase);
            let database = verdict.database.as_deref().map(|kind| format!(" on {kind}")).unwrap_or_default();
            let load = verdict.load.map(|load| format!(", load {load:.1}")).unwrap_or_default();
            (style, word, format!("{:.1} s, seed {}{database}{load}", verdict.seconds, verdict.seed))
        }
    }
}

/// A hint. Its paragraphs are set anew for the width.
pub fn hint(hint: &Hint, columns: usize) -> Vec<Line> {
    let mut lines = vec![Line::of(HEADING, hint.title())];
    for paragraph in hint.text.split("\n\n").filter(|paragraph| !paragraph.starts_with('#')) {
        let is_prose = !paragraph.lines().any(|line| line.starts_with([' ', '-', '|', '`']));
        let text = if is_prose { paragraph.replace('\n', " ") } else { paragraph.to_string() };
        lines.push(Line::default());
        lines.extend(plain(&text, columns));
    }
    lines
}

/// What a phase found.
pub fn found(found: &Found, gated: &[String], columns: usize) -> Vec<Line> {
    let (verdict, notes) = match found {
        Found::Failed(words) => return plain(words, columns),
        Found::Verdict(verdict, notes) => (verdict, notes),
    };
    let notes = notes.iter().flat_map(|note| wrapped(note, columns)).map(|note| Line::of(WARN, note));
    let sections = [notes.collect(), reason(verdict, columns), gates(verdict), counts(verdict, gated, columns)];
    let times = times(verdict, columns);
    let sections: Vec<Vec<Line>> = sections.into_iter().chain([times]).filter(|section| !section.is_empty()).collect();
    sections.join(&Line::default())
}

fn plain(text: &str, columns: usize) -> Vec<Line> {
    wrapped(text.trim_end(), columns).iter().map(Line::plain).collect()
}

/// Why, unless the gates say it themselves.
fn reason(verdict: &Verdict, columns: usize) -> Vec<Line> {
    let is_said = verdict.gates.iter().any(|gate| gate.status == Status::Missed);
    match verdict.reason.split_once("it does not compile\n") {
        _ if is_said => Vec::new(),
        // Broken lines would no longer show what the compiler's marks point at.
        Some(("", words)) => compiler(words).map(Line::plain).collect(),
        _ => plain(&verdict.reason, columns),
    }
}

/// The compiler's words, from the first error on; the warnings before it come last.
fn compiler(words: &str) -> impl Iterator<Item = &str> {
    let first = words.lines().position(|line| line.starts_with("error")).unwrap_or(0);
    words.lines().skip(first).chain(words.lines().take(first))
}

fn gates(verdict: &Verdict) -> Vec<Line> {
    verdict.gates.iter().flat_map(gate).collect()
}

fn gate(gate: &GateResult) -> Vec<Line> {
    let (style, word) = match gate.status {
        Status::Passed => return vec![Line::of(GOOD, "pass  ").and(QUIET, &gate.says)],
        Status::Missed => (BAD, "MISS  "),
        Status::Unknown => (BAD, "????  "),
    };
    let by = gate.missed_by.map(|by| format!(", {}x too much", figure(by))).unwrap_or_default();
    vec![
        Line::of(style, word).and(Style::new(), &gate.says),
        Line::plain(format!("      found {}, allowed {}{by}", gate.found, gate.limit)),
    ]
}

/// The counts that gates look at, each once.
fn counts(verdict: &Verdict, gated: &[String], columns: usize) -> Vec<Line> {
    let subjects = ["baseline", "yours", "reference"].map(|subject| verdict.largest(subject));
    let Some(yours) = subjects[1] else { return Vec::new() };
    let heading = [format!("count at size {}", figure(yours.size as f64))];
    let heading = heading.into_iter().chain(["baseline", "yours", "reference"].map(String::from));
    let mut rows = vec![heading.map(|text| (HEADING, text)).collect::<Vec<_>>()];
    for name in yours.counts.keys().filter(|name| gated.contains(name)) {
        let of = subjects.map(|subject| subject.and_then(|subject| subject.counts.get(name)));
        let of = of.map(|count| count.map_or("-".into(), |count| figure(*count)));
        rows.push([name.clone()].into_iter().chain(of).map(|text| (Style::new(), text)).collect());
    }
    table(&rows, columns)
}

fn times(verdict: &Verdict, columns: usize) -> Vec<Line> {
    if verdict.ratios.is_empty() {
        return Vec::new();
    }
    let heading = ["time", "ratio", "interval", ""].map(|text| (HEADING, text.to_string()));
    let rows: Vec<Vec<_>> = std::iter::once(heading.into()).chain(verdict.ratios.iter().map(ratio)).collect();
    let captured = verdict.captured.map(|captured| {
        let percent = (captured * 100.0).max(0.0);
        Line::of(QUIET, format!("{percent:.0}% of the reference's speed-up captured"))
    });
    table(&rows, columns).into_iter().chain(captured).collect()
}

fn ratio(ratio: &Ratio) -> Vec<(Style, String)> {
    let size = ratio.size.map(|size| format!(" at {}", figure(size as f64))).unwrap_or_default();
    let name = if ratio.is_noise() { "noise now".into() } else { format!("{}{size}", ratio.name) };
    let digits = if ratio.ratio.median < 10.0 { 2 } else { 0 };
    let places = |x: f64| format!("{x:.digits$}x");
    let style = match ratio.finding {
        Finding::Faster | Finding::Slower if ratio.is_noise() => BAD,
        Finding::Faster => GOOD,
        Finding::Slower => BAD,
        Finding::Same | Finding::Inconclusive => Style::new(),
    };
    vec![
        (Style::new(), name),
        (Style::new(), places(ratio.ratio.median)),
        (QUIET, format!("{}..{}", places(ratio.ratio.low), places(ratio.ratio.high))),
        (style, ratio.finding.as_str().into()),
    ]
}

/// Rows in columns: the first gives way where there is no room for all, the others stand to the right.
fn table(rows: &[Vec<(Style, String)>], columns: usize) -> Vec<Line> {
    const GAP: usize = 2;
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|(style, text)| Line::of(*style, text).width()).max().unwrap_or(0)
    };
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let others: Vec<usize> = (1..count).map(width).collect();
    let first = width(0).min(columns.saturating_sub(others.iter().map(|width| width + GAP).sum()).max(8));
    let line = |row: &Vec<(Style, String)>| {
        let (style, text) = &row[0];
        let name = Line::of(*style, text).within(first);
        let padding = " ".repeat(first - name.width());
        row[1..].iter().zip(&others).fold(name.and(*style, padding), |line, ((style, text), width)| {
            let cell = Line::of(*style, text);
            let blanks = " ".repeat(GAP + width.saturating_sub(cell.width()));
            line.and(Style::new(), blanks).followed_by(cell)
        })
    };
    rows.iter().map(line).collect()
}
