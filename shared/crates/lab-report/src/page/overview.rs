//! Progress over all labs.

use maud::{Markup, html};

use crate::document::scrolling;
use crate::sources::{Lab, Report};
use crate::words::counted;

/// How many are solved, and a row for each lab; nothing for a report on one lab.
pub fn overview(report: &Report) -> Markup {
    if report.labs.len() == 1 {
        return html! {};
    }
    let solved = report.labs.iter().filter(|lab| lab.progress.solved).count();
    let of = report.labs.len();
    let is_untouched = report.labs.iter().all(|lab| !lab.is_touched());
    html! {
        section aria-labelledby="progress" {
            h2 id="progress" { "Progress" }
            @if is_untouched {
                p class="lead" { "Nothing has been run yet: there is nothing to show." }
                p { "Start with " code { "make lab-01" } ", then make this page again." }
            } @else {
                p class="lead" { span class="big" { (solved) } " of " (counted(of, "lab")) " solved" }
                div class="steps" role="img" aria-label={ (solved) " of " (of) " solved" } {
                    @for lab in &report.labs { span class=(state_class(lab)) {} }
                }
            }
            (scrolling("Progress of all labs", &html! {
                table {
                    thead { tr { th { "lab" } th { "part" } th class="num" { "minutes" } th { "state" } th class="num" { "attempts" }
                        th class="num" { "hints" } th { "diagnosis" } } }
                    tbody { @for lab in &report.labs { (row(lab)) } }
                }
            }))
        }
    }
}

fn row(lab: &Lab) -> Markup {
    let progress = &lab.progress;
    html! {
        tr {
            td {
                a href={ "#" (lab.name) } { (lab.nn()) " " (lab.slug.replace('-', " ")) }
                div class="faint" { (lab.symptom) }
            }
            td { (lab.part) }
            td class="num" { (lab.minutes) }
            td { @match progress.state() {
                "-" => "–",
                state => span class=(if progress.solved { "badge good" } else { "badge" }) { (state) },
            } }
            td class="num" { (progress.attempts) }
            td class="num" { (progress.hints) " of 4" }
            td { @match &progress.diagnosis { Some(right) => (right), None => "–" } }
        }
    }
}

fn state_class(lab: &Lab) -> &'static str {
    match lab.progress.state() {
        "solved" => "solved",
        "started" => "started",
        _ => "",
    }
}
