//! A trainer's board: many learners on one page.

mod gates;

use std::collections::BTreeMap;

use lab_results::Progress;
use maud::{Markup, html};

use crate::document::{document, scrolling};
use crate::handover::{Board, Learner};
use crate::tables::{Cell, Column, table};
use crate::words::{counted, date};

/// The board as one HTML file.
pub fn board(board: &Board) -> String {
    let Board { at, learners, gone } = board;
    let body = html! {
        a class="skip" href="#main" { "To the content" }
        header class="top" {
            p class="over" { "OrderFlow Performance Labs" }
            h1 { "Board" }
            p class="facts" { (counted(learners.len(), "learner")) ", " (date(*at)) }
        }
        main id="main" {
            @if learners.is_empty() {
                p class="lead" { "No progress was handed over yet." }
                p { "A learner hands over what " code { "cargo lab report --json --name NAME > NAME.json" } " writes." }
            } @else {
                (headline(learners))
                (matrix(learners))
                (gates::missed(learners))
                (hints(learners))
            }
            @if !gone.is_empty() {
                section {
                    h2 { (counted(gone.len(), "file")) " skipped" }
                    p { "Ask for them again: " code { "cargo lab report --json --name NAME > NAME.json" } "." }
                    ul { @for gone in gone { li { code { (gone.file) } ": " (gone.why) "." } } }
                }
            }
        }
        footer { p { "Made by " code { "cargo lab board" } " from files that learners handed over. This file needs no network and sends nothing." } }
    };
    document("OrderFlow Performance Labs: board", &[], &body)
}

/// How much of everything is solved.
fn headline(learners: &[Learner]) -> Markup {
    let all = learners.iter().flat_map(|learner| &learner.handover.labs);
    let solved = all.clone().filter(|lab| lab.progress.solved).count();
    html! { p class="lead" { span class="big" { (solved) } " of " (counted(all.count(), "lab")) " solved, all learners together" } }
}

/// Every lab that anybody has, by name; names begin with the number.
fn labs(learners: &[Learner]) -> Vec<&str> {
    let mut names: Vec<&str> =
        learners.iter().flat_map(|learner| &learner.handover.labs).map(|lab| lab.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn short(lab: &str) -> String {
    lab.trim_start_matches("lab-").replace('-', " ")
}

/// Who is where.
fn matrix(learners: &[Learner]) -> Markup {
    let labs = labs(learners);
    html! {
        section {
            h2 { "Who is where" }
            (scrolling("Learners and labs", &html! {
                table class="matrix" {
                    thead { tr { th { "learner" } @for lab in &labs { th { (short(lab)) } } th { "handed over" } } }
                    tbody {
                        @for learner in learners {
                            tr {
                                th scope="row" title=(learner.file) { (learner.name) }
                                @for lab in &labs { td { (state(learner, lab)) } }
                                td class="nowrap faint" { (date(learner.handover.at)) }
                            }
                        }
                    }
                    tfoot {
                        tr {
                            th scope="row" { "solved" }
                            @for lab in &labs { td {
                                (learners.iter().filter(|l| progress(l, lab).is_some_and(|p| p.solved)).count()) " of " (learners.len())
                            } }
                            td {}
                        }
                    }
                }
            }))
        }
    }
}

fn progress<'a>(learner: &'a Learner, lab: &str) -> Option<&'a Progress> {
    learner.handover.labs.iter().find(|other| other.name == lab).map(|lab| &lab.progress)
}

fn state(learner: &Learner, lab: &str) -> Markup {
    let Some(progress) = progress(learner, lab).filter(|progress| progress.state() != "-") else {
        return html! { span class="faint" { "–" } };
    };
    let word = if progress.solved { "SOLVED" } else { progress.last.as_deref().unwrap_or("started") };
    html! {
        span class=(if progress.solved { "badge good" } else { "badge" }) { (word) }
        div class="faint" { (counted(progress.attempts as usize, "attempt")) ", " (counted(progress.hints.into(), "hint")) }
    }
}

/// How many hints are used in each lab, and how the diagnoses went.
fn hints(learners: &[Learner]) -> Markup {
    let mut columns = vec![Column::words("lab")];
    columns.extend((0..=4).map(|hints| Column::numbers(counted(hints, "hint"))));
    columns.push(Column::words("diagnoses right"));
    let rows = labs(learners).into_iter().map(|lab| {
        let all: Vec<&Progress> = learners.iter().filter_map(|learner| progress(learner, lab)).collect();
        let with = |hints: usize| all.iter().filter(|p| p.state() != "-" && usize::from(p.hints) == hints).count();
        let mut row: Vec<Cell> = vec![short(lab).into()];
        row.extend((0..=4).map(|hints| tally(with(hints))));
        row.push(diagnoses(&all).into());
        row
    });
    html! {
        section {
            h2 { "Hints and diagnoses" }
            p class="faint" { "How many learners have read so many hints, and how many of the questions of the diagnosis were right." }
            (table("Hints used and diagnoses given", None, &columns, rows.collect()))
        }
    }
}

/// A number in which nothing stands back.
fn tally(count: usize) -> Cell {
    if count == 0 { Cell::of("faint", html! { "–" }) } else { count.to_string().into() }
}

/// `2 of 3 (4 learners), 3 of 3 (1 learner)`
fn diagnoses(all: &[&Progress]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for right in all.iter().filter_map(|progress| progress.diagnosis.as_deref()) {
        *counts.entry(right).or_default() += 1;
    }
    counts.iter().map(|(right, n)| format!("{right} ({})", counted(*n, "learner"))).collect::<Vec<_>>().join(", ")
}
