//! One lab: what was asked, what was found, what was done.

use maud::{Markup, html};

use super::{evidence, judged, tables};
use crate::charts::{figure, timeline};
use crate::document::scrolling;
use crate::prose::{markdown, section};
use crate::sources::{Diff, Lab, Verb};
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
                @if let Some(diff) = &lab.diff { (solution(diff)) }
                (gone(lab))
            } @else {
                p { "Nothing has been run yet. Start with " code { "make lab-" (lab.nn()) } "." }
            }
        }
    }
}

fn facts(lab: &Lab) -> String {
    let progress = &lab.progress;
    let mut facts = vec![progress.state().replace('-', "not started"), counted(progress.attempts as usize, "attempt")];
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
    html! {
        h3 { "What hurts" }
        @if lab.programs(Verb::Reproduce).next().is_none() {
            p class="faint" { "No figures are kept: run " code { "make lab-" (lab.nn()) } " to see it hurt." }
        }
        @for program in lab.programs(Verb::Reproduce) {
            @if let Some(run) = &program.run { (tables::reproduced(&program.subject, run)) }
        }
    }
}

fn diagnosis(lab: &Lab) -> Markup {
    html! {
        h3 { "The diagnosis" }
        @match &lab.progress.diagnosis {
            None => p class="faint" { "None was given: " code { "make answer-" (lab.nn()) } "." },
            Some(right) => p { (right) " right." },
        }
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
    html! {
        h3 { "Attempts" }
        @if attempts.is_empty() && missing == 0 { p class="faint" { "None yet: " code { "make verify-" (lab.nn()) } "." } }
        @if missing > 0 {
            p class="faint" { (counted(missing, "attempt")) " more counted; their files went with the target folder." }
        }
        @if let Some(chart) = timeline("Attempts over time", attempts) {
            div class="wide" {
                (figure("Attempts over time, by what they ended in", chart, &machine(lab)))
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
                                    td { (plain(attempt.reason.lines().next().unwrap_or_default())) }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }
}

/// Where the last run was, and the seeds of all.
fn machine(lab: &Lab) -> String {
    let machine = lab.runs.verdicts.last().map(|verdict| format!(", on {}", verdict.machine)).unwrap_or_default();
    format!("each with the seed in the table{machine}")
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
            ul { @for gone in &lab.gone { li { code { (gone.file) } ": " (gone.why) "." } } }
        }
    }
}
