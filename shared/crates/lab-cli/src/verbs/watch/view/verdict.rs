//! What a phase found, as lines: what to look at first comes first.

use anstyle::Style;
use lab_results::gate::{GateResult, Status, figure};
use lab_results::names::{
    NOISE, SLOPE, captured_words, clock_label, count_label, database_name, demand_mark, margin_label, needs_ratio,
    ratio_label, size_label,
};
use lab_results::verdict::Ratio;
use lab_results::{Finding, Outcome, Verdict};

use crate::verbs::hint::Hint;
use crate::verbs::watch::verification::{Ending, Phase};
use lab_core::fullscreen::{Line, wrapped};
use lab_core::terminal::{BAD, GOOD, HEADING, QUIET, WARN};
use lab_core::verify::lasted;

/// The word for a verdict. Counts alone do not solve a lab.
pub fn headline(verdict: &Verdict, phase: Phase) -> (Style, &'static str) {
    match (verdict.outcome, phase) {
        (Outcome::Solved, Phase::Counts) | (Outcome::CountsPass, _) => (GOOD, Outcome::CountsPass.as_str()),
        (Outcome::Solved, Phase::Complete) => (GOOD, Outcome::Solved.as_str()),
        (outcome @ (Outcome::NotYet | Outcome::Inconclusive), _) => (WARN, outcome.as_str()),
        (outcome @ (Outcome::WrongAnswer | Outcome::Invalid), _) => (BAD, outcome.as_str()),
    }
}

/// Style and word of what was found, and where it comes from.
pub fn state(found: &Ending, phase: Phase) -> (Style, &'static str, String) {
    match found {
        Ending::Failed(_) => (BAD, "FAILED", "the verification could not be done".into()),
        Ending::Verdict(verdict, _) => {
            let (style, word) = headline(verdict, phase);
            let database =
                verdict.database.as_deref().map(|kind| format!(" on {}", database_name(kind))).unwrap_or_default();
            let load = verdict.load.map(|load| format!(", load {load:.1}")).unwrap_or_default();
            let lasted = lasted(verdict).map(|lasted| format!("{lasted}, ")).unwrap_or_default();
            (style, word, format!("{lasted}seed {}{database}{load}", verdict.seed))
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

/// What a phase found. `faster` is what the lab demands of original / yours.
pub fn found(found: &Ending, gated: &[String], faster: Option<f64>, columns: usize) -> Vec<Line> {
    let (verdict, notes) = match found {
        Ending::Failed(words) => return plain(words, columns),
        Ending::Verdict(verdict, notes) => (verdict, notes),
    };
    let notes = notes.iter().flat_map(|note| wrapped(note, columns)).map(|note| Line::of(WARN, note));
    let sections =
        [notes.collect(), reason(verdict, columns), gates(verdict, columns), counts(verdict, gated, columns)];
    let times = times(verdict, faster, columns);
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

/// Columns in front of a gate's text.
const HANGING: usize = 6;

fn gates(verdict: &Verdict, columns: usize) -> Vec<Line> {
    let gates = verdict.gates.iter().flat_map(|gate| self::gate(gate, columns));
    let has_slope = verdict.gates.iter().any(|gate| gate.status != Status::Passed && gate.found.contains("slope"));
    gates.chain(has_slope.then(|| Line::of(QUIET, SLOPE))).collect()
}

/// A gate, whole: what is not told below the word is told nowhere else on this screen.
fn gate(gate: &GateResult, columns: usize) -> Vec<Line> {
    let (word_style, word, style) = match gate.status {
        Status::Passed => (GOOD, "pass", QUIET),
        Status::Missed => (BAD, "MISS", Style::new()),
        Status::Unknown => (BAD, "-", Style::new()),
    };
    let by = gate.missed_by_words();
    let found = match gate.status {
        Status::Unknown => "not measured".into(),
        _ => format!("found {}", gate.found),
    };
    let mut lines = wrapped(&gate.says, columns.saturating_sub(HANGING));
    if gate.status != Status::Passed {
        lines.extend(wrapped(&format!("{found}, allowed {}{by}", gate.limit), columns.saturating_sub(HANGING)));
    }
    let told = lines.into_iter().enumerate().map(|(index, line)| {
        let first = Line::of(word_style, format!("{:<HANGING$}", if index == 0 { word } else { "" }));
        first.and(style, line)
    });
    told.collect()
}

/// The counts that gates look at, each once.
fn counts(verdict: &Verdict, gated: &[String], columns: usize) -> Vec<Line> {
    let subjects = ["original", "yours", "reference"].map(|subject| verdict.largest(subject));
    let Some(yours) = subjects[1] else { return Vec::new() };
    let heading = [format!("count at {}", size_label(yours.size, &yours.unit))];
    let heading = heading.into_iter().chain(["original", "yours", "reference"].map(String::from));
    let mut rows = vec![heading.map(|text| (HEADING, text)).collect::<Vec<_>>()];
    for name in yours.counts.keys().filter(|name| gated.contains(name)) {
        let of = subjects.map(|subject| subject.and_then(|subject| subject.counts.get(name)));
        let of = of.map(|count| count.map_or("-".into(), |count| figure(*count)));
        rows.push([count_label(name)].into_iter().chain(of).map(|text| (Style::new(), text)).collect());
    }
    let mut lines = table(&rows, columns);
    lines.push(Line::of(QUIET, "original: as you got it. reference: the solution."));
    lines
}

fn times(verdict: &Verdict, faster: Option<f64>, columns: usize) -> Vec<Line> {
    if verdict.ratios.is_empty() {
        return Vec::new();
    }
    // One word where all were timed by the same clock; else it stands in a column of its own.
    let first = clock_label(&verdict.ratios[0].clock);
    let is_one = verdict.ratios.iter().all(|ratio| clock_label(&ratio.clock) == first);
    let mut heading = if is_one { vec![first] } else { vec!["time", "clock"] };
    heading.extend(["ratio", "interval", "margin", ""]);
    let heading = heading.into_iter().map(|text| (HEADING, text.to_string())).collect();
    let rows = verdict.ratios.iter().map(|of| {
        let name = format!("{}{}", ratio_label(of), demand_mark(of, &verdict.ratios, faster));
        ratio(of, name, !is_one)
    });
    let rows: Vec<Vec<_>> = std::iter::once(heading).chain(rows).collect();
    let captured = verdict.captured.map(|captured| wrapped(&captured_words(captured), columns)).unwrap_or_default();
    let captured = captured.into_iter().map(|line| Line::of(QUIET, line));
    let noise = if verdict.ratios.iter().any(Ratio::is_noise) { NOISE } else { "" };
    let words =
        format!("same: all of the interval is within the margin; inconclusive: it reaches over its edge. {noise}");
    let words = wrapped(words.trim_end(), columns).into_iter().map(|line| Line::of(QUIET, line));
    let needs = faster.map(|at_least| plain(&needs_ratio(at_least), columns)).unwrap_or_default();
    table(&rows, columns).into_iter().chain(needs).chain(captured).chain(words).collect()
}

fn ratio(ratio: &Ratio, name: String, names_clock: bool) -> Vec<(Style, String)> {
    let digits = if ratio.ratio.median < 10.0 { 2 } else { 0 };
    let places = |x: f64| format!("{x:.digits$}x");
    let style = match ratio.finding {
        Finding::Faster | Finding::Slower if ratio.is_noise() => BAD,
        Finding::Faster => GOOD,
        Finding::Slower => BAD,
        Finding::Same | Finding::Inconclusive => Style::new(),
    };
    let mut cells = vec![(Style::new(), name)];
    cells.extend(names_clock.then(|| (Style::new(), clock_label(&ratio.clock).into())));
    cells.extend([
        (Style::new(), places(ratio.ratio.median)),
        (QUIET, format!("{}..{}", places(ratio.ratio.low), places(ratio.ratio.high))),
        (QUIET, margin_label(ratio.margin)),
        (style, ratio.finding.as_str().into()),
    ]);
    cells
}

/// Rows in columns: the first takes more lines where there is no room for all, the others stand to the right of its first line.
fn table(rows: &[Vec<(Style, String)>], columns: usize) -> Vec<Line> {
    const GAP: usize = 2;
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|(style, text)| Line::of(*style, text).width()).max().unwrap_or(0)
    };
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let others: Vec<usize> = (1..count).map(width).collect();
    let first = width(0).min(columns.saturating_sub(others.iter().map(|width| width + GAP).sum()).max(8));
    let lines = |row: &Vec<(Style, String)>| {
        let (style, text) = &row[0];
        let mut names = wrapped(text, first).into_iter().map(|name| Line::of(*style, name));
        let name = names.next().unwrap_or_default().within(first);
        let padding = " ".repeat(first - name.width());
        let line = row[1..].iter().zip(&others).fold(name.and(*style, padding), |line, ((style, text), width)| {
            let cell = Line::of(*style, text);
            let blanks = " ".repeat(GAP + width.saturating_sub(cell.width()));
            line.and(Style::new(), blanks).followed_by(cell)
        });
        std::iter::once(line).chain(names).collect::<Vec<_>>()
    };
    rows.iter().flat_map(lines).collect()
}
