//! One lab: what was asked, what was found, what was done.

use maud::{Markup, html};

use super::said::symptom;
use super::{evidence, judged};
use crate::charts::{figure, timeline};
use crate::document::fold;
use crate::prose::{inline, markdown, section};
use crate::sources::{Diff, Lab, Program};
use crate::tables::{Cell, Column, table};
use crate::words::{self, badge, counted, database_badge, date};

/// The lab's part of the page.
pub fn lab(lab: &Lab) -> Markup {
    html! {
        section class="lab" id=(lab.name) aria-labelledby={ (lab.name) "-title" } {
            div class="head" {
                span class="nn" aria-hidden="true" { (lab.nn()) }
                div {
                    h2 id={ (lab.name) "-title" } { (lab.slug.replace('-', " ")) }
                    p class="lead" { (inline(&lab.symptom)) }
                    p class="facts" { (facts(lab)) }
                }
            }
            (ticket(lab))
            @if lab.is_touched() {
                (runs(lab))
                (judged::judged(lab))
                (evidence::evidence(lab))
                (diagnosis(lab))
                (attempts(lab))
                (missing(lab))
                (gone(lab))
            } @else {
                p { "Nothing has been run yet. Start with " code { "make lab-" (lab.nn()) } "." }
            }
            @if let Some(diff) = &lab.diff { (solution(diff)) }
        }
    }
}

fn facts(lab: &Lab) -> String {
    let progress = &lab.progress;
    if lab.state() == "-" {
        return "no attempt yet".into();
    }
    let mut facts = vec![lab.state().into(), counted(lab.attempts(), "attempt")];
    facts.push(format!("{} of 4 hints", progress.hints));
    facts.extend(progress.saw_solution.then(|| "the solution was looked at".to_string()));
    facts.join(", ")
}

fn ticket(lab: &Lab) -> Markup {
    let Some(text) = section(&lab.readme, "The ticket") else { return html! {} };
    let text = html! {
        div class="prose" {
            (markdown(text))
            @if let Some(slo) = section(&lab.readme, "SLO at stake") { p class="over" { "SLO at stake" } (markdown(slo)) }
        }
    };
    fold(&html! { "The ticket" }, "", &text)
}

/// What the learner's program showed last, and behind it what it showed as another subject. All of their bars have one axis.
fn runs(lab: &Lab) -> Markup {
    let mut runs: Vec<_> =
        lab.programs("reproduce").filter_map(|program| Some((program, program.run.as_ref()?))).collect();
    // The solution comes last, also where it ran last: the page is about the learner's program.
    runs.sort_by_key(|(_, run)| (run.subject == "reference", std::cmp::Reverse(run.at)));
    let all: Vec<_> = runs.iter().map(|(_, run)| *run).collect();
    let Some(((newest, run), others)) = runs.split_first() else { return html! {} };
    html! {
        h3 { (whose(newest)) }
        (symptom(run, &all))
        @for (program, run) in others { (fold(&whose(program), &date(run.at), &symptom(run, &all))) }
    }
}

/// Whose run it is, and on which database.
fn whose(program: &Program) -> Markup {
    let database = program.run.as_ref().and_then(|run| run.database.as_deref());
    html! { "The run: " (program.subject) (database_badge(database)) }
}

/// What is not on disk, with the command that brings it.
fn missing(lab: &Lab) -> Markup {
    let has = |verb: &str| lab.programs(verb).next().is_some();
    let is_timed = lab.runs.verdicts.iter().any(|verdict| !verdict.ratios.is_empty());
    // What does not show this lab's fault is not missed.
    let looked = |verb: &str| has(verb) || !lab.looks.iter().any(|look| look == verb);
    let all = [
        (has("reproduce"), "a run", "lab"),
        (!lab.runs.verdicts.is_empty(), "a verdict", "verify"),
        (is_timed || lab.runs.verdicts.is_empty(), "times", "verify"),
        (looked("profile"), "a flamegraph", "profile"),
        (looked("console"), "the tasks", "console"),
        (has("flamediff") || !has("profile"), "what changed", "flamediff"),
        (looked("heap"), "a heap profile", "heap"),
        (lab.progress.diagnosis.is_some(), "a diagnosis", "answer"),
    ];
    let missing: Vec<_> = all.into_iter().filter(|(is_there, ..)| !is_there).collect();
    html! {
        @if !missing.is_empty() {
            p class="faint" {
                "Not on disk yet: "
                @for (i, (_, what, verb)) in missing.iter().enumerate() {
                    @if i > 0 { ", " }
                    (what) " (" code { "make " (verb) "-" (lab.nn()) } ")"
                }
                "."
            }
        }
    }
}

fn diagnosis(lab: &Lab) -> Markup {
    let Some(right) = &lab.progress.diagnosis else { return html! {} };
    let inside = html! {
        @if lab.answers.is_empty() { p { "The questions have changed since it was given." } }
        @else { dl class="answers" {
            @for answer in &lab.answers {
                dt { (inline(&answer.question)) }
                dd {
                    span class=(if answer.because.is_some() { "badge good" } else { "badge" }) {
                        @if answer.because.is_some() { "right" } @else { "not that" }
                    }
                    " " (inline(&answer.choice))
                    @if let Some(because) = &answer.because { div class="faint" { (inline(because)) } }
                }
            }
        } }
    };
    fold(&html! { "The diagnosis" }, &format!("{right} right"), &inside)
}

fn attempts(lab: &Lab) -> Markup {
    let attempts = &lab.runs.attempts;
    let missing = lab.attempts() - attempts.len();
    if attempts.is_empty() && missing == 0 {
        return html! {};
    }
    let has_database = attempts.iter().any(|attempt| attempt.database.is_some());
    let mut columns = vec![Column::words("when"), Column::words("result"), Column::numbers("hints")];
    columns.extend([Column::numbers("seed"), Column::words("why")]);
    if has_database {
        columns.insert(2, Column::words("database"));
    }
    let rows = attempts.iter().rev().map(|attempt| {
        let mut row: Vec<Cell> = vec![
            Cell::of("nowrap", html! { (date(attempt.at)) }),
            badge(attempt.outcome).into(),
            attempt.hints_used.to_string().into(),
            attempt.seed.to_string().into(),
            Cell::of("why", inline(&why(&attempt.reason))),
        ];
        if has_database {
            row.insert(2, database_badge(attempt.database.as_deref()).into());
        }
        row
    });
    let inside = html! {
        @if missing > 0 {
            p class="faint" { (counted(missing, "attempt")) " more: their files have been deleted, as " code { "cargo clean" } " does, and only their number is known." }
        }
        // One attempt is no line.
        @if let Some(chart) = timeline("Attempts over time", attempts).filter(|_| attempts.len() > 1) {
            (figure("Attempts over time, by their result", &chart, &machine(lab)))
        }
        @if !attempts.is_empty() { (table("Attempts", None, &columns, rows.collect())) }
    };
    fold(&html! { "Attempts" }, &lab.attempts().to_string(), &inside)
}

/// Enough of a reason to know it again.
fn why(reason: &str) -> String {
    const LINES: usize = 3;
    const CHARS: usize = 240;
    let reason = words::reason(reason);
    let text = reason.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES).collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

/// The seeds of all attempts, and where the last one was.
fn machine(lab: &Lab) -> String {
    /// More would be longer than the picture.
    const SEEDS: usize = 6;
    let mut seeds: Vec<String> = Vec::new();
    for seed in lab.runs.attempts.iter().map(|attempt| attempt.seed.to_string()) {
        if !seeds.contains(&seed) {
            seeds.push(seed);
        }
    }
    let word = if seeds.len() == 1 { "seed" } else { "seeds" };
    let more = seeds.len().saturating_sub(SEEDS);
    seeds.truncate(SEEDS);
    let more = if more > 0 { format!(" and {more} more in the table") } else { String::new() };
    let machine = lab.runs.verdicts.last().map(|verdict| format!(", {}", verdict.machine)).unwrap_or_default();
    format!("{word} {}{more}{machine}", seeds.join(", "))
}

fn solution(diff: &Diff) -> Markup {
    let inside = html! {
        p { (inline(&diff.fix)) }
        pre class="diff" tabindex="0" role="group" aria-label="What the solution changes" {
            @for line in diff.text.lines() {
                @match line.as_bytes().first() {
                    Some(b'+') => ins { (line) },
                    Some(b'-') => del { (line) },
                    _ => span { (line) },
                }
                "\n"
            }
        }
    };
    fold(&html! { "The solution" }, "", &inside)
}

fn gone(lab: &Lab) -> Markup {
    if lab.gone.is_empty() {
        return html! {};
    }
    let inside = html! {
        p { "Run the same again to see its figures here. A file that is only half written can be deleted." }
        ul { @for gone in &lab.gone { li { code { (gone.file) } ": " (gone.why) "." } } }
    };
    fold(&html! { (counted(lab.gone.len(), "file")) " not shown" }, "", &inside)
}
