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
    instructions(verdict);
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
    let mut view = grid(&["count", "baseline", "yours", "reference", "yours grows"]);
    for (name, value) in &yours.counts {
        let is_gated = lab.meta.gates.iter().any(|gate| gate.count == *name);
        let other = |counts: &lab_results::Counts| counts.get(name).map_or("-".into(), |value| figure(*value));
        let mark = if is_gated { " *" } else { "" };
        let growth = verdict.growth.iter().find(|growth| growth.subject == "yours" && growth.count == *name);
        let growth = growth.map_or(String::new(), |growth| growth.growth.class.to_string());
        let marked = format!("{name}{mark}");
        view.add_row([marked, other(&baseline.counts), figure(*value), other(&reference.counts), growth]);
    }
    print(&view);
    say!();
}

fn instructions(verdict: &Verdict) {
    let Some(first) = verdict.instructions.first() else { return };
    let [baseline, yours, reference] = ["baseline", "yours", "reference"].map(|subject| {
        let of_subject = verdict.instructions.iter().find(|counts| counts.subject == subject);
        of_subject?.counts.get("instructions").copied()
    });
    say!("{}", paint(HEADING, format!("Instructions of one call at size {}", first.size)));
    let mut view = grid(&["baseline", "yours", "reference", "baseline / yours"]);
    let or_dash = |cell: Option<String>| cell.unwrap_or("-".into());
    let ratio =
        baseline.zip(yours).map(|(baseline, yours)| format!("{:.*}x", digits(baseline / yours), baseline / yours));
    view.add_row([baseline.map(figure), yours.map(figure), reference.map(figure), ratio].map(or_dash));
    print(&view);
    say!("{}", paint(QUIET, "As valgrind counts them here; they decide nothing."));
    if baseline.and(yours).and(reference).is_none() {
        say!("{}", paint(QUIET, "- starts threads: of those, valgrind would count only what the first does."));
    }
    say!();
}

fn times(verdict: &Verdict) {
    if verdict.ratios.is_empty() {
        return;
    }
    let mut view = grid(&["time", "ratio", "interval", "", "measured"]);
    for ratio in &verdict.ratios {
        let size = ratio.size.map(|size| format!(", size {size}")).unwrap_or_default();
        let name = if ratio.is_noise() { "noise on this machine now" } else { &ratio.name };
        let places = |x: f64| format!("{x:.*}", digits(ratio.ratio.median));
        let [first, second] = ratio.medians.map(figure);
        view.add_row([
            verdict_cell(format!("{name}{size}"), None),
            verdict_cell(format!("{}x", places(ratio.ratio.median)), None),
            verdict_cell(format!("{} .. {}", places(ratio.ratio.low), places(ratio.ratio.high)), None),
            finding(ratio),
            verdict_cell(format!("{first} / {second} {} {}", ratio.unit, ratio.clock), None),
        ]);
    }
    print(&view);
    say!("{}", paint(QUIET, sampled(verdict)));
    if let Some(captured) = verdict.captured {
        say!("{:.0}% of the reference's speed-up captured.", (captured * 100.0).max(0.0));
    }
    say!();
}

/// The decimals that matter in a ratio of this magnitude.
fn digits(ratio: f64) -> usize {
    if ratio < 10.0 { 3 } else { 1 }
}

/// How many samples stand behind the ratios, and how many of them were preempted.
fn sampled(verdict: &Verdict) -> String {
    let span = |values: Vec<f64>, unit: &str| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if figure(low) == figure(high) {
            format!("{}{unit}", figure(low))
        } else {
            format!("{} to {}{unit}", figure(low), figure(high))
        }
    };
    let pairs = span(verdict.ratios.iter().map(|ratio| ratio.ratio.samples as f64).collect(), " pairs a row");
    let preempted: Vec<f64> = verdict.ratios.iter().filter_map(|ratio| Some(100.0 * ratio.preempted?)).collect();
    if preempted.is_empty() {
        return format!("Above 1 the second takes less time. {pairs}.");
    }
    let preempted = span(preempted.into_iter().map(f64::round).collect(), "%");
    format!("Above 1 the second takes less time. {pairs}; {preempted} of the samples were preempted.")
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
