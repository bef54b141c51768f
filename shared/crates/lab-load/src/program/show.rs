//! A run as people read it.

use std::fmt::Write;

use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, presets};
use lab_results::gate::figure;
use lab_results::load::{Figure, Generator, Judgement, LatencySummary, LoadReport, Outcome, RuleResult, StepSummary};

use super::breakpoint::Broke;
use super::terminal::{BAD, GOOD, HEADING, QUIET, WARN, paint};

/// The columns of a table of steps.
const COLUMNS: [&str; 11] =
    ["step", "requests", "ok", "failed", "p50", "p95", "p99", "p99.9", "max", "service\np99", "lag\np99"];

/// Steps as a table, with what was measured of each. Failed are those that were not answered as expected, whatever became of them.
pub fn steps(run: &LoadReport) -> String {
    let mut table = grid(&COLUMNS);
    let overall = (run.steps.len() > 1).then_some(&run.overall);
    let steps: Vec<&StepSummary> = run.steps.iter().chain(overall).collect();
    for step in &steps {
        let counts = [step.planned, step.ok, step.planned - step.ok].map(|count| figure(count as f64));
        let service = step.service.as_ref().map(|at| at.p99_ms);
        let lag = step.lag.as_ref().map(|at| at.p99_ms);
        let figures = latencies(step.response.as_ref()).into_iter().chain([service, lag]).map(cell);
        table.add_row(std::iter::once(step.name.clone()).chain(counts).chain(figures));
    }
    let title = format!("{}, response times in ms from the moment each request was meant to leave", run.scenario);
    let mut text = format!("{}\n{}", paint(HEADING, title), lines(&mut table));
    for step in run.steps.iter().filter(|step| step.ok < step.planned) {
        let _ = writeln!(text, "{}", paint(BAD, format!("{} failed: {}", step.name, reasons(step))));
    }
    for step in run.steps.iter().filter(|step| step.resent > 0) {
        let count = figure(step.resent as f64);
        let what = "sent once more: the service closed a kept connection just as it was used";
        let _ = writeln!(text, "{}", paint(WARN, format!("{}: {count} {what}", step.name)));
    }
    text
}

/// The usual figures of a histogram, for a row.
pub fn latencies(at: Option<&LatencySummary>) -> [Option<f64>; 5] {
    [
        at.map(|at| at.p50_ms),
        at.map(|at| at.p95_ms),
        at.map(|at| at.p99_ms),
        at.map(|at| at.p999_ms),
        at.map(|at| at.max_ms),
    ]
}

/// A figure, or that there is none.
pub fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), figure)
}

fn reasons(step: &StepSummary) -> String {
    let failed = step.failed.iter().map(|(reason, count)| (reason.as_str(), *count));
    let all = failed.chain([("never answered", step.unfinished), ("never sent", step.unsent)]);
    all.filter(|(_, count)| *count > 0)
        .map(|(reason, count)| format!("{} {reason}", figure(count as f64)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// An empty table: numbers to the right, columns of the width that they need.
pub fn grid(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .enforce_styling()
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(columns.iter().map(|column| Cell::new(column).add_attribute(Attribute::Bold)));
    table
}

/// Its lines.
pub fn lines(table: &mut Table) -> String {
    for (at, column) in table.column_iter_mut().enumerate() {
        // Eleven columns have to fit into 80 characters.
        column.set_padding((0, 2));
        if at > 0 {
            column.set_padding((0, 1)).set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", without_blanks(&line))).collect()
}

/// Without the blanks at the end, which in a heading stand before the end of its style.
fn without_blanks(line: &str) -> String {
    const RESET: &str = "\u{1b}[0m";
    match line.trim_end().strip_suffix(RESET) {
        Some(styled) => format!("{}{RESET}", styled.trim_end()),
        None => line.trim_end().to_owned(),
    }
}

/// What the run cost the generator.
pub fn generator(run: &LoadReport) -> String {
    let Some(Generator { timer, cpu_share, cpu_us_per_request, peak_rss_mib, most_in_flight }) = &run.generator else {
        return String::new();
    };
    let memory = peak_rss_mib.map(|mib| format!(", {} MiB", figure(mib))).unwrap_or_default();
    let late = if timer == "timerfd" { "" } else { ", which is late by up to 2 ms: on Linux it is not" };
    let answered = format!(
        "{}/s answered over {} s, at most {} in flight",
        figure(run.overall.throughput_per_s),
        figure(run.elapsed_s),
        figure(*most_in_flight as f64),
    );
    let effort = format!(
        "Generator: {:.0}% of a core, {} us a request{memory}, {timer}{late}",
        cpu_share * 100.0,
        figure(*cpu_us_per_request)
    );
    format!("{answered}\n{}\n", paint(QUIET, effort))
}

/// The result, with every rule and its figure.
pub fn judgement(judgement: &Judgement) -> String {
    let style = match judgement.outcome {
        Outcome::Pass => GOOD,
        Outcome::Breach => BAD,
        Outcome::Invalid => WARN,
    };
    let mut text = String::new();
    for rule in &judgement.rules {
        let (word, style) = if rule.kept { ("kept  ", GOOD) } else { ("BROKEN", BAD) };
        let _ = writeln!(text, "  {} {}", paint(style, word), self::rule(rule));
    }
    let _ = writeln!(text, "{}", paint(style, judgement.outcome));
    for reason in &judgement.reasons {
        let _ = writeln!(text, "  {reason}");
    }
    text
}

/// A rule, and what was seen.
pub fn rule(result: &RuleResult) -> String {
    let RuleResult { rule, observed, .. } = result;
    let observed = match (observed, rule.figure) {
        (None, _) => "nothing was measured".into(),
        (Some(share), Figure::FailedShare) => format!("{}%", figure(share * 100.0)),
        (Some(count), Figure::Count) => figure(*count),
        (Some(rate), Figure::PerS) => format!("{}/s", figure(*rate)),
        (Some(ms), _) => format!("{} ms", figure(*ms)),
    };
    format!("{rule}: {observed}")
}

/// Where a breakpoint test ended.
pub fn broke(broke: Option<&Broke>, rate_at: impl Fn(std::time::Duration) -> f64, peak: f64) -> String {
    let Some(broke) = broke else {
        return format!("It held up to {}/s: there is no breakpoint below.\n", figure(peak));
    };
    let (from, to) = (rate_at(broke.since), rate_at(broke.at));
    format!(
        "{} after {:.1} s, at {}/s. These are the figures of {}/s to {}/s:\n",
        paint(HEADING, "It broke"),
        broke.at.as_secs_f64(),
        figure(to.round()),
        figure(from.round()),
        figure(to.round()),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn failures_are_told_by_their_reasons() {
        let step = StepSummary {
            name: "pay".into(),
            planned: 2000,
            sent: 1990,
            unsent: 10,
            ok: 500,
            failed: BTreeMap::from([("503".into(), 1200), ("timeout".into(), 289)]),
            unfinished: 1,
            resent: 0,
            throughput_per_s: 1.0,
            response: None,
            service: None,
            lag: None,
        };
        assert_eq!(reasons(&step), "1,200 503, 289 timeout, 1 never answered, 10 never sent");
    }
}
