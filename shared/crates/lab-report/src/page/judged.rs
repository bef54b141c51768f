//! What the judge found: gates, counts, growth, ratios.

use std::collections::BTreeSet;

use lab_results::gate::{GateResult, Status, figure as number};
use lab_results::{Outcome, Verdict};
use maud::{Markup, html};

use crate::charts::{Bar, Curve, Limit, bars, figure, growth, ratios};
use crate::document::scrolling;
use crate::sources::Lab;
use crate::words::{badge, counted, facts_of_verdict, plain};

const SUBJECTS: [&str; 3] = ["baseline", "yours", "reference"];

/// The last verdict, and the figures of the last verifications that came so far as to have some.
pub fn judged(lab: &Lab) -> Markup {
    let newest_with = |has: fn(&Verdict) -> bool| lab.runs.verdicts.iter().rev().find(|verdict| has(verdict));
    let Some(last) = lab.runs.verdicts.last() else {
        return html! {};
    };
    html! {
        h3 { "What the judge found" }
        (word(last))
        @if let Some(verdict) = newest_with(|verdict| !verdict.counts.is_empty()) { (counts(verdict)) }
        @if let Some(verdict) = newest_with(|verdict| !verdict.ratios.is_empty()) { (times(verdict)) }
    }
}

fn word(verdict: &Verdict) -> Markup {
    let reason = plain(&verdict.reason);
    let is_long = reason.lines().nth(1).is_some();
    html! {
        p class="verdict" {
            (badge(verdict.outcome))
            @if !is_long { " " (reason) }
        }
        @if is_long { pre tabindex="0" role="region" aria-label="The reason" { (reason) } }
        @if verdict.cases > 0 { p { (counted(verdict.cases as usize, "answer")) " right." } }
        @if !verdict.gates.is_empty() { (gates(&verdict.gates)) }
        p class="facts" { (facts_of_verdict(verdict)) }
        @if verdict.outcome == Outcome::Inconclusive { p { "Nothing was decided: quiet the machine and verify again." } }
    }
}

fn gates(gates: &[GateResult]) -> Markup {
    scrolling(
        "Gates",
        &html! {
            table {
                thead { tr { th { "gate" } th class="num" { "found" } th class="num" { "allowed" } th { "result" } } }
                tbody {
                    @for gate in gates {
                        tr {
                            td { (gate.says) }
                            td class="num" { (gate.found) }
                            td class="num" { (gate.limit) }
                            td { @match gate.status {
                                Status::Passed => span class="badge good" { "pass" },
                                Status::Missed => span class="badge bad" { "miss" },
                                Status::Unknown => span class="badge" { "not measured" },
                            } }
                        }
                    }
                }
            }
        },
    )
}

/// A pair of charts for each count: those with a gate first, the others folded away.
fn counts(verdict: &Verdict) -> Markup {
    let facts = facts_of_verdict(verdict);
    let all: BTreeSet<&String> = verdict.counts.iter().flat_map(|counts| counts.counts.keys()).collect();
    let (gated, others): (Vec<&String>, Vec<&String>) =
        all.into_iter().partition(|name| verdict.gates.iter().any(|gate| gate.count == **name));
    let is_zero = |name: &String| verdict.counts.iter().all(|counts| counts.counts.get(name).is_none_or(|c| *c == 0.0));
    let zeros: Vec<String> = gated.iter().filter(|name| is_zero(name)).map(|name| words(name)).collect();
    html! {
        h4 { "Counts" }
        div class="charts" { @for name in gated { (count(verdict, name, &facts)) } }
        @if !zeros.is_empty() { p { "Zero before, after and in the reference: " (zeros.join(", ")) "." } }
        @if !others.is_empty() {
            details {
                summary { (counted(others.len(), "count")) " that no gate is about" }
                div class="charts" { @for name in others { (count(verdict, name, &facts)) } }
            }
        }
        details {
            summary { "All counts at all sizes" }
            (table_of_counts(verdict))
        }
    }
}

fn count(verdict: &Verdict, name: &str, facts: &str) -> Markup {
    let shown = words(name);
    let size = verdict.largest("yours").or_else(|| verdict.largest("baseline")).map_or(0, |counts| counts.size);
    let at_largest: Vec<Bar> = SUBJECTS
        .into_iter()
        .filter_map(|subject| {
            let value = *verdict.largest(subject)?.counts.get(name)?;
            Some(Bar { label: subject.into(), value, subject: Some(subject) })
        })
        .collect();
    let limit = verdict.gates.iter().filter(|gate| gate.count == name).find_map(allowed);
    let title = format!("{shown}, at size {}", number(size as f64));
    let chart = bars(&title, "", &at_largest, limit.as_ref());
    let curves: Vec<Curve> = SUBJECTS.into_iter().map(|subject| curve(verdict, subject, name)).collect();
    let has_growth = curves.iter().any(|curve| curve.growth.is_some());
    let curves = growth(&format!("{shown} by size"), &curves).filter(|_| has_growth);
    html! {
        @if let Some(chart) = chart { (figure(&title, &chart, facts)) }
        @if let Some(curves) = curves { (figure(&format!("{shown}, by size; both axes logarithmic"), &curves, facts)) }
    }
}

fn curve(verdict: &Verdict, subject: &'static str, name: &str) -> Curve {
    let counts = verdict.counts.iter().filter(|counts| counts.subject == subject);
    let mut points: Vec<(f64, f64)> =
        counts.filter_map(|counts| Some((counts.size as f64, *counts.counts.get(name)?))).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let fitted = verdict.growth.iter().find(|growth| growth.subject == subject && growth.count == name);
    Curve { subject, points, growth: fitted.map(|fitted| fitted.growth) }
}

/// The limit of a gate on the count itself, from what the verdict says of it.
fn allowed(gate: &GateResult) -> Option<Limit> {
    let at = gate.limit.strip_prefix("<= ")?.replace(',', "").parse().ok()?;
    Some(Limit { at, name: "allowed" })
}

fn table_of_counts(verdict: &Verdict) -> Markup {
    let names: BTreeSet<&String> = verdict.counts.iter().flat_map(|counts| counts.counts.keys()).collect();
    scrolling(
        "All counts",
        &html! {
            table {
                thead { tr { th { "whose" } th class="num" { "size" } @for name in &names { th class="num" { (words(name)) } } } }
                tbody {
                    @for counts in &verdict.counts {
                        tr {
                            td { (counts.subject) }
                            td class="num" { (number(counts.size as f64)) }
                            @for name in &names {
                                td class="num" { @match counts.counts.get(*name) { Some(value) => (number(*value)), None => "–" } }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn times(verdict: &Verdict) -> Markup {
    let facts = facts_of_verdict(verdict);
    html! {
        h4 { "Times" }
        div class="wide" {
            @if let Some(chart) = ratios("Ratios of times", &verdict.ratios) {
                (figure("Ratios of times, with their intervals; axis logarithmic", &chart, &facts))
            }
            (scrolling("Timed ratios", &html! {
                table {
                    thead { tr { th { "first / second" } th { "the second is" } th class="num" { "medians" } th { "clock" } th class="num" { "pairs" } } }
                    tbody {
                        @for ratio in &verdict.ratios {
                            tr {
                                td { (ratio.name) @if let Some(size) = ratio.size { ", size " (number(size as f64)) } }
                                td { (ratio.finding.as_str()) }
                                td class="num" { (number(ratio.medians[0])) " / " (number(ratio.medians[1])) " " (ratio.unit) }
                                td { (ratio.clock) }
                                td class="num" { (ratio.ratio.samples) }
                            }
                        }
                    }
                }
            }))
        }
        @if let Some(captured) = verdict.captured {
            p { (format!("{:.0}%", (captured * 100.0).max(0.0))) " of the reference's speed-up captured." }
        }
    }
}

/// A count's name as words.
fn words(name: &str) -> String {
    name.replace('_', " ")
}
