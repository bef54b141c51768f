//! A learner's report.

mod evidence;
mod judged;
mod lab;
mod overview;
mod said;
mod sites;

use lab_results::names::SUBJECTS;
use maud::{Markup, html};

use crate::document::{document, live_document};
use crate::flamegraph::script_hash;
use crate::sources::Report;
use crate::words::date;

/// The report as one HTML file.
pub fn report(report: &Report) -> String {
    document(&title(report), &scripts(report), &body(report))
}

/// The report as a page that is served: it loads itself again once `/stamp` says something else than `stamp`.
pub fn live_report(report: &Report, stamp: &str) -> String {
    live_document(&title(report), &scripts(report), &body(report), stamp)
}

fn scripts(report: &Report) -> Vec<String> {
    let pictures = report.labs.iter().flat_map(|lab| &lab.programs).flat_map(|program| &program.pictures);
    let mut scripts: Vec<String> = pictures.filter_map(|picture| script_hash(&picture.svg)).collect();
    scripts.sort();
    scripts.dedup();
    scripts
}

fn title(report: &Report) -> String {
    match (&report.labs[..], &report.name) {
        ([only], _) => format!("Lab {}: {}", only.nn(), only.slug.replace('-', " ")),
        (_, Some(name)) => format!("OrderFlow Performance Labs: {name}"),
        (_, None) => "OrderFlow Performance Labs".to_string(),
    }
}

fn body(report: &Report) -> Markup {
    html! {
        a class="skip" href="#main" { "To the content" }
        header class="top" {
            p class="over" { "OrderFlow Performance Labs" }
            h1 { @match &report.name { Some(name) => (name), None => "Report" } }
            p class="facts" { (date(report.at)) ", " (report.machine) }
            p class="facts" { (SUBJECTS) }
        }
        main id="main" {
            (overview::overview(report))
            @for lab in &report.labs { (lab::lab(lab)) }
        }
        footer {
            p { "Made by " code { "cargo lab report" } " from the runs that are on this disk. This file needs no network and sends nothing." }
        }
    }
}

#[cfg(test)]
mod tests;
