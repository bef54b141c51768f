//! The verdict as people read it.

use lab_results::gate::{Status, figure};
use lab_results::verdict::Ratio;
use lab_results::{Finding, Outcome, Verdict};

use crate::catalogue::Lab;
use crate::render::{View, grid, print, verdict_cell};
use crate::say;
use crate::terminal::{BAD, COMMAND, GOOD, HEADING, QUIET, WARN, paint};

/// Prints the whole verdict: gates, counts, time, the word, and what to type next.
pub fn verdict(lab: &Lab, verdict: &Verdict, ignored: &[String]) {
    for path in ignored {
        say!("{}", self::ignored(path));
    }
    if verdict.cases > 0 {
        say!("{} answers right.", verdict.cases);
        say!();
    }
    gates(verdict);
    counts(lab, verdict);
    times(verdict);
    let style = match verdict.outcome {
        Outcome::Solved => GOOD,
        Outcome::NotYet | Outcome::Inconclusive => WARN,
        Outcome::WrongAnswer | Outcome::Invalid => BAD,
    };
    say!("{}  {}", paint(style, verdict.outcome.as_str()), verdict.reason.trim_end());
    say!();
    for line in next(lab, verdict) {
        say!("{line}");
    }
    let database = verdict.database.as_deref().map(|kind| format!(" on {kind}")).unwrap_or_default();
    let load = verdict.load.map(|load| format!(", load {load:.1}")).unwrap_or_default();
    let again = format!(
        "seed {}{database}, {:.1} s, {}{load}; repeat: cargo lab verify {} --seed {}",
        verdict.seed,
        verdict.seconds,
        verdict.machine,
        lab.nn(),
        verdict.seed
    );
    say!("{}", paint(QUIET, again));
}

/// Says that an edit of a file does not count.
pub fn ignored(path: &str) -> String {
    paint(WARN, format!("{path} is edited; the judge used its own copy."))
}

fn gates(verdict: &Verdict) {
    if verdict.gates.is_empty() {
        return;
    }
    let mut view = grid(&["gate", "found", "allowed", ""]);
    for gate in &verdict.gates {
        let (word, good) = match gate.status {
            Status::Passed => ("pass", Some(true)),
            Status::Missed => ("MISS", Some(false)),
            Status::Unknown => ("not measured", Some(false)),
        };
        view.add_row([
            verdict_cell(&gate.says, None),
            verdict_cell(&gate.found, None),
            verdict_cell(&gate.limit, None),
            verdict_cell(word, good),
        ]);
    }
    print(&view);
    say!();
}

fn counts(lab: &Lab, verdict: &Verdict) {
    let subjects = ["baseline", "yours", "reference"].map(|subject| verdict.largest(subject));
    let [Some(baseline), Some(yours), Some(reference)] = subjects else { return };
    say!("{}", paint(HEADING, format!("Counts at size {}", yours.size)));
    let mut view = grid(&["count", "baseline", "yours", "reference"]);
    for (name, value) in &yours.counts {
        let is_gated = lab.meta.gates.iter().any(|gate| gate.count == *name);
        let other = |counts: &lab_results::Counts| counts.get(name).map_or("-".into(), |value| figure(*value));
        let mark = if is_gated { " *" } else { "" };
        view.add_row([format!("{name}{mark}"), other(&baseline.counts), figure(*value), other(&reference.counts)]);
    }
    print(&view);
    say!();
}

fn times(verdict: &Verdict) {
    if verdict.ratios.is_empty() {
        return;
    }
    let mut view = grid(&["time", "ratio", "interval", "", "measured"]);
    for ratio in &verdict.ratios {
        let name = if ratio.is_noise() { "noise on this machine now" } else { &ratio.name };
        let digits = if ratio.ratio.median < 10.0 { 3 } else { 1 };
        let places = |x: f64| format!("{x:.digits$}x");
        view.add_row([
            verdict_cell(name, None),
            verdict_cell(places(ratio.ratio.median), None),
            verdict_cell(format!("{} .. {}", places(ratio.ratio.low), places(ratio.ratio.high)), None),
            finding(ratio),
            verdict_cell(measured(ratio), None),
        ]);
    }
    print(&view);
    if let Some(captured) = verdict.captured {
        say!("{:.0}% of the reference's speed-up captured.", (captured * 100.0).max(0.0));
    }
    say!();
}

/// The finding, in the colour of good or bad news for the second of the ratio.
fn finding(ratio: &Ratio) -> View {
    let good = match ratio.finding {
        Finding::Faster | Finding::Slower if ratio.is_noise() => Some(false),
        Finding::Faster => Some(true),
        Finding::Slower => Some(false),
        Finding::Same | Finding::Inconclusive => None,
    };
    verdict_cell(ratio.finding.as_str(), good)
}

/// How it was measured, in few words.
fn measured(ratio: &Ratio) -> String {
    let [first, second] = ratio.medians.map(figure);
    let size = ratio.size.map(|size| format!(" at size {size}")).unwrap_or_default();
    let preempted = ratio.preempted.map(|share| format!(", {:.0}% preempted", share * 100.0)).unwrap_or_default();
    format!("{}, {first} / {second} {}{size}, {} pairs{preempted}", ratio.clock, ratio.unit, ratio.ratio.samples)
}

fn next(lab: &Lab, verdict: &Verdict) -> Vec<String> {
    let nn = lab.nn();
    let command = |verb: &str| paint(COMMAND, format!("make {verb}-{nn}"));
    let diagnosis = match &verdict.diagnosis {
        None => format!("No diagnosis given yet: {}.", command("answer")),
        Some(right) => format!("Diagnosis: {right} right."),
    };
    let hints = format!("Hints read: {} of 4. {diagnosis}", verdict.hints_used);
    let missed = verdict.gates.iter().find(|gate| gate.status == Status::Missed);
    let todo = match (verdict.outcome, missed) {
        (Outcome::Solved, _) => format!("Compare with the solution: {}", command("diff")),
        (Outcome::NotYet, Some(gate)) => {
            format!("Hint {} is about this gate: {}", gate.hint.max(1), command("hint"))
        }
        (Outcome::NotYet, None) => format!("See where the time goes: {}", command("profile")),
        (Outcome::WrongAnswer, _) => "Answers come first: fix this case, then verify again.".into(),
        (Outcome::Inconclusive, _) => format!("Quiet the machine, then: {}", command("verify")),
        (Outcome::Invalid, _) => {
            format!("Mend {} and verify again; `{}` starts over and keeps a copy.", lab.meta.edit, command("reset"))
        }
    };
    vec![hints, todo]
}
