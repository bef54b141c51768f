//! Baselines and their comparison as people read them.

use std::collections::BTreeSet;

use lab_results::baseline::{Change, Moved, Ratio, Repeated, Source, Step, Subject, TOLERANCE, What, moves};
use lab_results::gate::figure;
use lab_results::names::{MARGIN_DECIDES, clock_label, count_label, margin_label, size_label};
use lab_results::{Baseline, Class};

use crate::fullscreen::wrapped;
use crate::render::{View, grid, print, verdict_cell};
use crate::say;
use crate::terminal::{BAD, COMMAND, GOOD, HEADING, QUIET, WARN, paint, quoted, width};

/// What was saved: each count at its largest size.
pub fn saved(baseline: &Baseline) {
    let mut view = grid(&["subject", "count", "size", "value", "growth", "repeated"]);
    for (name, subject) in &baseline.subjects {
        for (count, kept) in &subject.counts {
            let Some((size, value)) = kept.at.last_key_value() else { continue };
            let repeated = match kept.repeated {
                Repeated::Exactly => "exactly".to_string(),
                Repeated::Within(share) => format!("within {}%", figure(share * 100.0)),
            };
            let growth = kept.growth.map_or("-".into(), |growth| growth.class.to_string());
            let size = size_label(*size, &kept.unit);
            view.add_row([short(name), count_label(count), size, figure(*value), growth, repeated]);
        }
    }
    print(&view);
    say!();
}

/// A baseline against what is now: everything that moved, and how much did not.
pub fn against_now(then: &Baseline, now: &Baseline, changes: &[Change], folder: &str) {
    heading(then);
    for (what, old, new) in [("machine", &then.machine, &now.machine), ("toolchain", &then.toolchain, &now.toolchain)] {
        if old != new {
            let text = format!("Another {what} now: {new}. Counts of memory may differ by that alone.");
            say!("{}", paint(WARN, text));
        }
    }
    say!();
    let shown: Vec<&Change> = changes.iter().filter(|change| is_news(change)).collect();
    if !shown.is_empty() {
        let mut view = grid(&["subject", "count", "size", "then", "now", ""]);
        for change in shown {
            view.add_row(row(change));
        }
        print(&view);
    }
    let same = changes.iter().filter(|change| !is_news(change)).count();
    say!("{same} values and growth classes are the same.");
    if then.subjects.values().any(|subject| subject.counts.values().any(|count| count.repeated != Repeated::Exactly)) {
        let text = format!(
            "What did not repeat exactly when it was saved may move by its spread and {}% more.",
            figure(TOLERANCE * 100.0)
        );
        say!("{}", paint(QUIET, text));
    }
    say!();
    ratios(then, now);
    for moved in moves(changes) {
        let (style, word) = word(moved.moved);
        say!("{}  {}, {moved}", paint(style, word), moved.subject);
    }
    advice(then, changes, folder);
}

/// What one step moved, a line a count.
pub fn step(step: &Step) {
    let moves = step.moves();
    for step_move in &moves {
        let (style, word) = word(step_move.moved);
        say!("  {}  {step_move}", paint(style, format!("{word:6}")));
    }
    if moves.is_empty() {
        say!("  {}", paint(QUIET, "no count moved"));
    }
}

/// In which step each count moved.
pub fn history(baselines: &[Baseline], steps: &[Step]) {
    let subjects: BTreeSet<&String> = baselines.iter().flat_map(|baseline| baseline.subjects.keys()).collect();
    let mut view = grid(&["in", "", "count, at the largest size that moved"]);
    let mut moved = 0;
    for step in steps {
        for step_move in step.moves() {
            moved += 1;
            let good = step_move.moved == Moved::Better;
            let subject = if subjects.len() > 1 { format!("{}, ", short(&step_move.subject)) } else { String::new() };
            view.add_row([
                verdict_cell(&step.name, None),
                verdict_cell(word(step_move.moved).1, Some(good)),
                verdict_cell(format!("{subject}{step_move}"), None),
            ]);
        }
    }
    if moved > 0 {
        print(&view);
        say!();
    }
    let quiet: Vec<&str> = steps.iter().filter(|step| step.moves().is_empty()).map(|step| step.name.as_str()).collect();
    if !quiet.is_empty() {
        say!("Nothing moved in {}.", quiet.join(", "));
    }
    let names: Vec<&str> = baselines.iter().map(|baseline| baseline.name.as_str()).collect();
    say!("{}", paint(QUIET, format!("Compared as saved, nothing was run: {}.", names.join(", "))));
}

fn heading(then: &Baseline) {
    let commit = then.commit.as_ref().map_or(String::new(), |commit| {
        let hash: String = commit.hash.chars().take(9).collect();
        format!(", commit {hash}{}", if commit.dirty { " with changes" } else { "" })
    });
    let from = match &then.source {
        Source::Labs { seed, quick: false } => format!("labs, seed {seed}"),
        Source::Labs { seed, quick: true } => format!("labs, seed {seed}, quick"),
        Source::Program { command } => typed(command),
    };
    say!("{}  {from}", paint(HEADING, format!("Baseline {}", then.name)));
    say!("{}", paint(QUIET, format!("saved {} on {}, {}{commit}", then.date, then.machine, then.toolchain)));
}

/// What moved, what came and what went.
fn is_news(change: &Change) -> bool {
    change.moved != Moved::Same || matches!(change.what, What::Appeared | What::Unsteady { .. })
}

fn row(change: &Change) -> Vec<View> {
    let class = |class: Option<Class>| class.map_or("-".into(), |class| class.to_string());
    let (size, then, now, by) = match change.what {
        What::Value { size, then, now, .. } => {
            (size_label(size, &change.unit), figure(then), figure(now), times(then, now))
        }
        What::Growth { then, now } => ("growth".into(), class(then), class(now), String::new()),
        What::Unsteady { .. } | What::Appeared | What::Vanished => {
            ("all".into(), String::new(), String::new(), change.what.with(&change.unit))
        }
    };
    let good = match change.moved {
        Moved::Better => Some(true),
        Moved::Same => None,
        Moved::Worse => Some(false),
    };
    let text = format!("{} {by}", if good.is_some() { word(change.moved).1 } else { "" });
    let cells = [short(&change.subject), count_label(&change.count), size, then, now];
    cells.into_iter().map(View::new).chain([verdict_cell(text.trim(), good)]).collect()
}

/// `x 14.3`, where there is something to divide by.
fn times(then: f64, now: f64) -> String {
    let ratio = now / then;
    if ratio.is_finite() && ratio > 0.0 { format!("x {}", figure(ratio)) } else { String::new() }
}

fn word(moved: Moved) -> (anstyle::Style, &'static str) {
    match moved {
        Moved::Better => (GOOD, "better"),
        Moved::Same => (QUIET, "same"),
        Moved::Worse => (BAD, "WORSE"),
    }
}

/// Ratios of both days beside each other; they were measured on two days, so nothing is concluded from them.
fn ratios(then: &Baseline, now: &Baseline) {
    if now.subjects.values().all(|subject| subject.ratios.is_empty()) {
        return;
    }
    let mut view = grid(&["time, shown only", "ratio", "then", "now"]);
    for (name, subject) in &now.subjects {
        let old = then.subjects.get(name).map_or(&[][..], |subject: &Subject| &subject.ratios[..]);
        for ratio in &subject.ratios {
            let before =
                old.iter().find(|old| (&old.name, old.size, &old.clock) == (&ratio.name, ratio.size, &ratio.clock));
            let size = ratio.size.map(|size| format!(", {}", size_label(size, &ratio.size_unit))).unwrap_or_default();
            view.add_row([
                short(name),
                format!("{}{size}", ratio.name),
                before.map_or("-".into(), in_words),
                in_words(ratio),
            ]);
        }
    }
    print(&view);
    for line in wrapped(MARGIN_DECIDES, width()) {
        say!("{}", paint(QUIET, line));
    }
    say!();
}

fn in_words(ratio: &Ratio) -> String {
    let interval = ratio.ratio;
    let places = |x: f64| format!("{x:.*}", if interval.median < 10.0 { 3 } else { 1 });
    let (median, low, high) = (places(interval.median), places(interval.low), places(interval.high));
    let margin = ratio.margin.map(|_| format!(", margin {}", margin_label(ratio.margin))).unwrap_or_default();
    format!("{median}x ({low} .. {high}) {}{margin}, {}", ratio.finding.as_str(), clock_label(&ratio.clock))
}

fn advice(then: &Baseline, changes: &[Change], folder: &str) {
    let has = |moved: Moved| changes.iter().any(|change| change.moved == moved);
    let again =
        paint(COMMAND, format!("{} baseline save {} --force{folder}{}", super::our_name(), then.name, subjects(then)));
    if has(Moved::Worse) {
        say!("If you accept this cost, give the reason in the commit: {again}");
    } else if has(Moved::Better) {
        say!("Save anew, so that what was gained cannot be lost unseen: {again}");
    } else {
        say!("{}", paint(GOOD, "Nothing got worse."));
    }
}

/// The end of the command that saves the same again.
fn subjects(then: &Baseline) -> String {
    match &then.source {
        Source::Labs { seed, quick } => {
            let quick = if *quick { " --quick" } else { "" };
            let labs: Vec<&str> = then.subjects.keys().map(String::as_str).collect();
            format!(" --seed {seed}{quick} {}", labs.join(" "))
        }
        Source::Program { command } => format!(" --program {}", typed(command)),
    }
}

/// A command as a shell takes it.
fn typed(command: &[String]) -> String {
    command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A lab without its prefix, as in `lab list`.
fn short(subject: &str) -> String {
    subject.trim_start_matches("lab-").into()
}
