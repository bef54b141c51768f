//! Progress over all labs.

use maud::{Markup, html};

use crate::prose::inline;
use crate::sources::{Lab, Report};
use crate::tables::{Cell, Column, table};
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
            (table("Progress of all labs", None, &columns(), report.labs.iter().map(row).collect()))
        }
    }
}

fn columns() -> Vec<Column> {
    let [lab, part, state, diagnosis] = ["lab", "part of the course", "state", "diagnosis"].map(Column::words);
    let [minutes, attempts, hints] = ["minutes", "attempts", "hints"].map(Column::numbers);
    vec![lab, part, minutes, state, attempts, hints, diagnosis]
}

fn row(lab: &Lab) -> Vec<Cell> {
    let progress = &lab.progress;
    let name = html! {
        a href={ "#" (lab.name) } { (lab.nn()) " " (lab.slug.replace('-', " ")) }
        div class="faint" { (inline(&lab.symptom)) }
    };
    let state = html! { @match lab.state() {
        "-" => "–",
        state => span class=(if progress.solved { "badge good" } else { "badge" }) { (state) },
    } };
    vec![
        name.into(),
        lab.part.to_string().into(),
        lab.minutes.to_string().into(),
        state.into(),
        lab.attempts().to_string().into(),
        format!("{} of 4", progress.hints).into(),
        progress.diagnosis.clone().unwrap_or("–".into()).into(),
    ]
}

fn state_class(lab: &Lab) -> &'static str {
    match lab.state() {
        "solved" => "solved",
        "started" => "started",
        _ => "",
    }
}
