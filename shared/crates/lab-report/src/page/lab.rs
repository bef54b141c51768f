//! One lab: what was asked, what was found, what was done.

use maud::{Markup, html};

use super::said::said;
use super::{evidence, judged};
use crate::charts::{figure, timeline};
use crate::document::scrolling;
use crate::prose::{markdown, section};
use crate::sources::{Diff, Lab};
use crate::words::{badge, counted, date, plain};

/// The lab's part of the page.
pub fn lab(lab: &Lab) -> Markup {
    html! {
        section class="lab" id=(lab.name) aria-labelledby={ (lab.name) "-title" } {
            div class="head" {
                span class="nn" aria-hidden="true" { (lab.nn()) }
                div {
                    h2 id={ (lab.name) "-title" } { (lab.slug.replace('-', " ")) }
                    p class="lead" { (lab.symptom) }
                    p class="facts" { (facts(lab)) }
                }
            }
            (ticket(lab))
            @if lab.is_touched() {
                (what_hurts(lab))
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
    if progress.state() == "-" {
        return "no attempt yet".into();
    }
    let mut facts = vec![progress.state().into(), counted(progress.attempts as usize, "attempt")];
    facts.push(format!("{} of 4 hints", progress.hints));
    facts.extend(progress.saw_solution.then(|| "the solution was looked at".to_string()));
    facts.join(", ")
}

fn ticket(lab: &Lab) -> Markup {
    let Some(text) = section(&lab.readme, "The ticket") else { return html! {} };
    html! {
        details open[lab.is_touched()] {
            summary { h3 { "The ticket" } }
            div class="prose" {
                (markdown(text))
                @if let Some(slo) = section(&lab.readme, "SLO at stake") { p class="over" { "SLO at stake" } (markdown(slo)) }
            }
        }
    }
}

fn what_hurts(lab: &Lab) -> Markup {
    if lab.programs("reproduce").next().is_none() {
        return html! {};
    }
    html! {
        h3 { "What hurts" }
        @for program in lab.programs("reproduce") {
            @if let Some(run) = &program.run {
                h4 { (program.subject) }
                (said(run))
            }
        }
    }
}

/// What is not on disk, with the command that brings it.
fn missing(lab: &Lab) -> Markup {
    let has = |verb| lab.programs(verb).next().is_some();
    let is_timed = lab.runs.verdicts.iter().any(|verdict| !verdict.ratios.is_empty());
    let all = [
        (has("reproduce"), "the figures that hurt", "lab"),
        (!lab.runs.verdicts.is_empty(), "a verdict", "verify"),
        (is_timed || lab.runs.verdicts.is_empty(), "times", "verify"),
        (has("profile"), "a flamegraph", "profile"),
        (has("flamediff") || !has("profile"), "what changed", "flamediff"),
        (has("heap"), "a heap profile", "heap"),
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
    html! {
        h3 { "The diagnosis" }
        p { (right) " right." }
        @if !lab.answers.is_empty() {
            dl class="answers" {
                @for answer in &lab.answers {
                    dt { (answer.question) }
                    dd {
                        span class=(if answer.because.is_some() { "badge good" } else { "badge" }) {
                            @if answer.because.is_some() { "right" } @else { "not that" }
                        }
                        " " (answer.choice)
                        @if let Some(because) = &answer.because { div class="faint" { (because) } }
                    }
                }
            }
        }
    }
}

fn attempts(lab: &Lab) -> Markup {
    let attempts = &lab.runs.attempts;
    let missing = (lab.progress.attempts as usize).saturating_sub(attempts.len());
    if attempts.is_empty() && missing == 0 {
        return html! {};
    }
    html! {
        h3 { "Attempts" }
        @if missing > 0 {
            p class="faint" { (counted(missing, "attempt")) " more counted; their files went with the target folder." }
        }
        // One attempt is no line.
        @if let Some(chart) = timeline("Attempts over time", attempts).filter(|_| attempts.len() > 1) {
            (figure("Attempts over time, by what they ended in", &chart, &machine(lab)))
        }
        @if !attempts.is_empty() {
            (scrolling("Attempts", &html! {
                table {
                    thead { tr { th { "when" } th { "result" } th class="num" { "hints" } th class="num" { "seed" } th { "why" } } }
                    tbody {
                        @for attempt in attempts.iter().rev() {
                            tr {
                                td class="nowrap" { (date(attempt.at)) }
                                td { (badge(attempt.outcome)) }
                                td class="num" { (attempt.hints_used) }
                                td class="num" { (attempt.seed) }
                                td class="why" { (why(&attempt.reason)) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

/// Enough of a reason to know it again.
fn why(reason: &str) -> String {
    const LINES: usize = 3;
    const CHARS: usize = 240;
    let reason = plain(reason);
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
    html! {
        details class="diff" {
            summary { h3 { "The solution" } }
            p { (diff.fix) }
            pre tabindex="0" role="region" aria-label="What the solution changes" {
                @for line in diff.text.lines() {
                    @match line.as_bytes().first() {
                        Some(b'+') => ins { (line) },
                        Some(b'-') => del { (line) },
                        _ => span { (line) },
                    }
                    "\n"
                }
            }
        }
    }
}

fn gone(lab: &Lab) -> Markup {
    if lab.gone.is_empty() {
        return html! {};
    }
    html! {
        details {
            summary { h3 { (counted(lab.gone.len(), "file")) " not shown" } }
            p { "Run the same again to see its figures here; what is half written can be deleted." }
            ul { @for gone in &lab.gone { li { code { (gone.file) } ": " (gone.why) "." } } }
        }
    }
}
