//! The verdict as people read it.

use lab_results::gate::{Status, figure};
use lab_results::names::{
    MARGIN_DECIDES, NOISE, NOT_FOR_THE_SLO, RATIO_OF_PAIRS, SLOPE, SUBJECTS, captured_words, clock_label, count_label,
    cpu_time_covers, database_name, demand_mark, margin_label, needs_ratio, ratio_label, size_label,
};
use lab_results::verdict::Ratio;
use lab_results::{Finding, Outcome, Verdict};

use super::Options;
use crate::arena::Attempt;
use crate::catalogue::Lab;
use crate::fullscreen::wrapped;
use crate::next;
use crate::render::{Grid, View, grid, print, right_aligned, verdict_cell};
use crate::say;
use crate::terminal::{BAD, COMMAND, GOOD, HEADING, QUIET, WARN, paint, print_line, print_words, quoted, width};

/// Prints the whole verdict: gates, counts, time, the word, and what to type next.
pub fn verdict(lab: &Lab, verdict: &Verdict, options: &Options, ignored: &[String]) {
    for path in ignored {
        print_words(&self::ignored(path));
    }
    if verdict.cases > 0 {
        say!("{} answers right.", verdict.cases);
        say!();
    }
    gates(verdict);
    counts(verdict);
    instructions(verdict);
    times(verdict, lab.meta.faster);
    let style = match verdict.outcome {
        Outcome::Solved | Outcome::CountsPass => GOOD,
        Outcome::NotYet | Outcome::Inconclusive => WARN,
        Outcome::WrongAnswer | Outcome::Invalid => BAD,
    };
    let word = format!("{}  {}", paint(style, verdict.outcome.as_str()), verdict.reason.trim_end());
    // Broken lines would no longer show what the compiler's marks point at.
    if verdict.reason.starts_with("it does not compile") {
        print_line(&word)
    } else {
        print_words(&word)
    }
    say!();
    match options.in_place_of_yours() {
        Some(whose) => print_words(&format!("Nothing of this is kept: {whose} was judged, and not your file.")),
        None => next(lab, verdict).iter().for_each(|line| print_words(line)),
    }
    let database = verdict.database.as_deref().map(|kind| format!(" on {}", database_name(kind))).unwrap_or_default();
    let load = verdict.load.map(|load| format!(", load {load:.1}")).unwrap_or_default();
    let again = format!(
        "seed {}{database}{}, {}{load}; repeat: {}",
        verdict.seed,
        lasted(verdict).map(|lasted| format!(", {lasted}")).unwrap_or_default(),
        verdict.machine,
        paint(COMMAND, repeat(&lab.nn(), verdict.seed, verdict.database.as_deref(), options))
    );
    print_words(&paint(QUIET, again));
}

/// The command that does the same once more.
fn repeat(nn: &str, seed: u64, database: Option<&str>, options: &Options) -> String {
    let database = database.filter(|kind| *kind != "sqlite");
    let mut words: Vec<String> = database.map(|kind| format!("DB={kind}")).into_iter().collect();
    words.push(format!("cargo lab verify {nn} --seed {seed}"));
    let switches =
        [("--quick", options.quick), ("--no-time", options.no_time), ("--instructions", options.instructions)];
    words.extend(switches.into_iter().filter(|(_, is_on)| *is_on).map(|(switch, _)| switch.into()));
    match &options.attempt {
        Attempt::Current | Attempt::Original => {}
        Attempt::Reference => words.push("--reference".into()),
        Attempt::Path(path) => words.push(format!("--attempt {}", quoted(&path.to_string_lossy()))),
    }
    words.join(" ")
}

/// How long the verification took; nothing where nothing was run, because it did not compile.
pub fn lasted(verdict: &Verdict) -> Option<String> {
    (verdict.seconds > 0.0).then(|| format!("{:.1} s", verdict.seconds.max(0.1)))
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

fn counts(verdict: &Verdict) {
    let subjects = ["original", "yours", "reference"].map(|subject| verdict.largest(subject));
    let [Some(original), Some(yours), Some(reference)] = subjects else { return };
    say!("{}", paint(HEADING, format!("Counts at {}", size_label(yours.size, &yours.unit))));
    quiet(SUBJECTS);
    let growth_of = |name: &str| {
        let growth = verdict.growth.iter().find(|growth| growth.subject == "yours" && growth.count == name);
        // Scatter can look like a factor of log n: the slope says how near the next class is.
        growth.map(|growth| growth.growth.to_string())
    };
    // Where a count is taken at one size alone, there is no growth to speak of.
    let has_growth = yours.counts.keys().any(|name| growth_of(name).is_some());
    let headings = ["count", "original", "yours", "reference", "yours grows as"];
    let mut view = grid(&headings[..if has_growth { 5 } else { 4 }]);
    for (name, value) in &yours.counts {
        let other = |counts: &lab_results::Counts| counts.get(name).map_or("-".into(), |value| figure(*value));
        let mark = if is_gated(verdict, name) { "\u{a0}*" } else { "" };
        let marked = format!("{}{mark}", count_label(name));
        let mut row = vec![marked, other(&original.counts), figure(*value), other(&reference.counts)];
        row.extend(has_growth.then(|| growth_of(name).unwrap_or("-".into())));
        view.add_row(row);
    }
    right_aligned(&mut view, 1..4);
    print(&view);
    if yours.counts.keys().any(|name| is_gated(verdict, name)) {
        say!("{}", paint(QUIET, "* a gate holds this count."));
    }
    if has_growth {
        quiet(SLOPE);
    }
    say!();
}

fn is_gated(verdict: &Verdict, count: &str) -> bool {
    verdict.gates.iter().any(|gate| gate.count == count)
}

fn instructions(verdict: &Verdict) {
    let Some(first) = verdict.instructions.first() else { return };
    let [original, yours, reference] = ["original", "yours", "reference"].map(|subject| {
        let of_subject = verdict.instructions.iter().find(|counts| counts.subject == subject);
        of_subject?.counts.get("instructions").copied()
    });
    let size = size_label(first.size, &first.unit);
    say!("{}", paint(HEADING, format!("Instructions of one call at {size}")));
    let mut view = grid(&["original", "yours", "reference", "original / yours"]);
    let or_dash = |cell: Option<String>| cell.unwrap_or("-".into());
    let ratio =
        original.zip(yours).map(|(original, yours)| format!("{:.*}x", digits(original / yours), original / yours));
    view.add_row([original.map(figure), yours.map(figure), reference.map(figure), ratio].map(or_dash));
    print(&view);
    say!("{}", paint(QUIET, "As valgrind counts them here; they decide nothing."));
    if original.and(yours).and(reference).is_none() {
        say!("{}", paint(QUIET, "-: this program starts threads, and valgrind would count the first of them only."));
    }
    say!();
}

/// A row for each ratio: the margin that decides stands beside the word that it decides.
fn table_of_times(ratios: &[Ratio], faster: Option<f64>) -> Grid {
    // One name where all were timed by the same clock; else each row has its own.
    let clock = ratios.first().map_or("time", |ratio| clock_label(&ratio.clock));
    let is_one = ratios.iter().all(|ratio| clock_label(&ratio.clock) == clock);
    let mut view = grid(&[if is_one { clock } else { "time" }, "ratio", "interval", "margin", "", "medians"]);
    for ratio in ratios {
        let clock = if is_one { String::new() } else { format!(", {}", clock_label(&ratio.clock)) };
        let mark = demand_mark(ratio, ratios, faster);
        let places = |x: f64| format!("{x:.*}", digits(ratio.ratio.median));
        let [first, second] = ratio.medians.map(figure);
        view.add_row([
            verdict_cell(format!("{}{clock}{mark}", ratio_label(ratio)), None),
            verdict_cell(format!("{}x", places(ratio.ratio.median)), None),
            verdict_cell(format!("{} .. {}", places(ratio.ratio.low), places(ratio.ratio.high)), None),
            verdict_cell(margin_label(ratio.margin), None),
            finding(ratio),
            verdict_cell(format!("{first} / {second} {}", ratio.unit), None),
        ]);
    }
    view
}

/// Prints the times, and how they decide; `faster` is what the lab demands of them.
fn times(verdict: &Verdict, faster: Option<f64>) {
    if verdict.ratios.is_empty() {
        return;
    }
    print(&table_of_times(&verdict.ratios, faster));
    quiet(&sampled(verdict));
    if verdict.ratios.iter().all(Ratio::is_of_repeated_calls) {
        quiet(&format!("The medians are of repeated calls. {NOT_FOR_THE_SLO}"));
    }
    quiet(&format!("The margin decides the word in its row. {MARGIN_DECIDES}"));
    quiet(RATIO_OF_PAIRS);
    if verdict.ratios.iter().any(Ratio::is_noise) {
        quiet(NOISE);
    }
    if let Some(at_least) = faster {
        print_words(&needs_ratio(at_least));
    }
    if let Some(covers) = cpu_time_covers(&verdict.ratios) {
        quiet(covers);
    }
    if let Some(captured) = verdict.captured {
        print_words(&captured_words(captured));
    }
    say!();
}

/// A remark, broken between words.
fn quiet(text: &str) {
    for line in wrapped(text, width()) {
        say!("{}", paint(QUIET, line));
    }
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
    let hints = format!("Hints used: {} of 4. {diagnosis}", verdict.hints_used);
    let missed = verdict.gates.iter().find(|gate| gate.status == Status::Missed);
    let todo = match (verdict.outcome, missed) {
        (Outcome::Solved, _) => next::line(&next::steps(lab, next::Stand::Solved, "verify")).unwrap_or_default(),
        (Outcome::CountsPass, _) => format!("Now run the complete verification: {}", command("verify")),
        (Outcome::NotYet, Some(gate)) => next::hint_about(lab, gate.hint, verdict.hints_used),
        (Outcome::NotYet, None) => {
            format!("See where the CPU time goes: {}, and what it waits for: {}", command("profile"), command("offcpu"))
        }
        (Outcome::WrongAnswer, _) => format!("Right answers come first. Fix this case, then: {}", command("verify")),
        (Outcome::Inconclusive, _) => format!("End what else keeps this machine busy, then: {}", command("verify")),
        (Outcome::Invalid, _) => {
            let (verify, reset) = (command("verify"), command("reset"));
            format!("Correct {}, then: {verify}. To start over and keep a copy of yours: {reset}", lab.meta.edit)
        }
    };
    vec![hints, todo]
}

#[cfg(test)]
mod tests {
    use lab_results::Interval;

    use super::*;

    fn ratio(clock: &str, finding: Finding, margin: Option<f64>) -> Ratio {
        Ratio {
            name: "GET p99: original / yours".into(),
            ratio: Interval { median: 2.01, low: 1.36, high: 2.32, samples: 16 },
            finding,
            margin,
            clock: clock.into(),
            size: Some(1_000),
            size_unit: "orders".into(),
            unit: "ms".into(),
            medians: [20.1, 10.0],
            workers: 4,
            preempted: None,
        }
    }

    #[test]
    fn the_margin_that_decides_stands_beside_the_word() {
        let shown = table_of_times(&[ratio("wall", Finding::Inconclusive, Some(0.5))], None).to_string();
        assert!(shown.contains("wall time") && shown.contains("1.50x") && shown.contains("inconclusive"), "{shown}");
        assert!(shown.contains("1,000") && shown.contains("orders"), "{shown}");
        assert!(!shown.contains("repeated"), "{shown}");
        // An older document does not say it.
        let shown = table_of_times(&[ratio("wall", Finding::Same, None)], None).to_string();
        assert!(shown.contains("same") && !shown.contains("1.50x"), "{shown}");
    }

    #[test]
    fn the_rows_that_are_held_to_the_demand_are_marked() {
        let of = |clock: &str, size: u64| Ratio {
            name: "original / yours".into(),
            size: Some(size),
            ..ratio(clock, Finding::Faster, Some(0.02))
        };
        let ratios = [of("process CPU", 1_000), of("wall", 1_000), of("process CPU", 10)];
        let marks = |faster| ratios.each_ref().map(|ratio| demand_mark(ratio, &ratios, faster).ends_with('*'));
        assert_eq!(marks(Some(2.0)), [true, true, false]);
        assert_eq!(marks(None), [false; 3]);
    }

    #[test]
    fn the_command_that_repeats_has_every_option_that_was_given() {
        let plain = Options::default();
        assert_eq!(repeat("01", 7, None, &plain), "cargo lab verify 01 --seed 7");
        assert_eq!(repeat("04", 7, Some("sqlite"), &plain), "cargo lab verify 04 --seed 7");
        let reference = Options { attempt: Attempt::Reference, ..Options::default() };
        assert_eq!(repeat("01", 7, None, &reference), "cargo lab verify 01 --seed 7 --reference");
        let all = Options { quick: true, attempt: Attempt::Path("my fix.rs".into()), ..plain };
        let command = "DB=postgres cargo lab verify 04 --seed 7 --quick --attempt 'my fix.rs'";
        assert_eq!(repeat("04", 7, Some("postgres"), &all), command);
    }

    #[test]
    fn two_clocks_are_named_in_the_rows() {
        let two = [ratio("wall", Finding::Same, Some(0.5)), ratio("process CPU", Finding::Same, Some(0.2))];
        let shown = table_of_times(&two, None).to_string();
        let words: String = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("CPU time") && words.contains("wall time") && !words.contains("process CPU"), "{shown}");
    }
}
