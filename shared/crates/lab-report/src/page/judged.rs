//! What the judge found: gates, counts, growth, ratios.

use std::collections::BTreeSet;

use lab_results::gate::{GateResult, Limit as Allowed, Status, figure as number};
use lab_results::names::{
    MARGIN_DECIDES, NOISE, RATIO_OF_PAIRS, SLOPE, captured_words, clock_label, count_label, cpu_time_covers,
    demand_mark, margin_label, medians_label, needs_ratio, ratio_label, size_label,
};
use lab_results::verdict::Ratio;
use lab_results::{Outcome, Verdict};
use maud::{Markup, html};

use crate::charts::{Bar, Curve, Limit, bars, figure, growth, ratios};
use crate::document::{fold, scrolling};
use crate::prose::inline;
use crate::sources::Lab;
use crate::tables::{Column, table};
use crate::words::{self, badge, counted, database_badge, facts_of_verdict};

const SUBJECTS: [&str; 3] = ["original", "yours", "reference"];

/// The last verdict, and folded away: the figures of the last verifications that came so far as to have some, and the last verdict on
/// any other database.
pub fn judged(lab: &Lab) -> Markup {
    let Some(last) = lab.runs.verdicts.last() else { return html! {} };
    let mut elsewhere: Vec<&Verdict> = Vec::new();
    for verdict in lab.runs.verdicts.iter().rev().filter(|verdict| verdict.database != last.database) {
        if !elsewhere.iter().any(|newer| newer.database == verdict.database) {
            elsewhere.push(verdict);
        }
    }
    html! {
        h3 { "What the judge found" (database_badge(last.database.as_deref())) }
        (on_its_database(lab, last))
        @for verdict in elsewhere {
            @let heading = html! { "What the judge found" (database_badge(verdict.database.as_deref())) };
            (fold(&heading, verdict.outcome.as_str(), &on_its_database(lab, verdict)))
        }
    }
}

/// The newest verdict on a database, and the newest figures from the same one.
fn on_its_database(lab: &Lab, newest: &Verdict) -> Markup {
    let newest_with = |has: fn(&Verdict) -> bool| {
        lab.runs.verdicts.iter().rev().find(|verdict| verdict.database == newest.database && has(verdict))
    };
    html! {
        (word(newest))
        @if let Some(verdict) = newest_with(|verdict| !verdict.counts.is_empty()) { (counts(verdict)) }
        @if let Some(verdict) = newest_with(|verdict| !verdict.ratios.is_empty()) { (times(verdict, lab.faster)) }
    }
}

fn word(verdict: &Verdict) -> Markup {
    let reason = words::reason(&verdict.reason);
    let is_long = reason.lines().nth(1).is_some();
    html! {
        p class="verdict" {
            (badge(verdict.outcome))
            @if !is_long { " " (inline(&reason)) }
        }
        @if is_long { pre tabindex="0" role="group" aria-label="The reason" { (reason) } }
        @if !verdict.gates.is_empty() { (gates(&verdict.gates)) }
        p class="facts" {
            @if verdict.cases > 0 { (counted(verdict.cases as usize, "answer")) " right; " }
            (facts_of_verdict(verdict))
        }
        @if verdict.outcome == Outcome::Inconclusive { p { "Nothing was decided: quiet the machine and verify again." } }
    }
}

fn gates(gates: &[GateResult]) -> Markup {
    let columns =
        [Column::words("gate"), Column::numbers("found"), Column::numbers("allowed"), Column::words("result")];
    let rows = gates.iter().map(|gate| {
        let result = match gate.status {
            Status::Passed => html! { span class="badge good" { "pass" } },
            Status::Missed => html! { span class="badge bad" { "miss" } },
            Status::Unknown => html! { span class="badge" { "not measured" } },
        };
        vec![inline(&gate.says).into(), gate.found.as_str().into(), words::limit(&gate.limit).into(), result.into()]
    });
    table("Gates", None, &columns, rows.collect())
}

/// A pair of charts for each count: those with a gate first.
fn counts(verdict: &Verdict) -> Markup {
    let facts = facts_of_verdict(verdict);
    let all: BTreeSet<&String> = verdict.counts.iter().flat_map(|counts| counts.counts.keys()).collect();
    let (gated, others): (Vec<&String>, Vec<&String>) =
        all.into_iter().partition(|name| verdict.gates.iter().any(|gate| gate.count == **name));
    let is_zero = |name: &String| verdict.counts.iter().all(|counts| counts.counts.get(name).is_none_or(|c| *c == 0.0));
    // A bar of no length needs its limit to be seen against. Where zero is what is allowed, a sentence says it better.
    let zeros: Vec<String> = gated
        .iter()
        .filter(|name| is_zero(name) && limit_of(verdict, name).is_none_or(|limit| limit.at == 0.0))
        .map(|name| count_label(name))
        .collect();
    let others = html! { @for name in others { (count(verdict, name, &facts)) } };
    let inside = html! {
        div class="charts" { @for name in gated { (count(verdict, name, &facts)) } }
        @if !verdict.growth.is_empty() { p class="facts" { (SLOPE) } }
        @if !zeros.is_empty() { p { "Zero in the original, in yours and in the reference: " (zeros.join("; ")) "." } }
        @if !others.0.is_empty() {
            h4 { "Counts without a gate" }
            div class="charts" { (others) }
        }
        h4 { "All counts at all sizes" }
        (table_of_counts(verdict))
    };
    fold(&html! { "Counts" }, "before and after, and how they grow", &inside)
}

fn count(verdict: &Verdict, name: &str, facts: &str) -> Markup {
    let shown = count_label(name);
    let largest = verdict.largest("yours").or_else(|| verdict.largest("original"));
    let (size, unit) = largest.map_or((0, ""), |counts| (counts.size, counts.unit.as_str()));
    let at_largest: Vec<Bar> = SUBJECTS
        .into_iter()
        .filter_map(|subject| {
            let value = *verdict.largest(subject)?.counts.get(name)?;
            Some(Bar { label: subject.into(), value, subject: Some(subject) })
        })
        .collect();
    let gates = || verdict.gates.iter().filter(|gate| gate.count == name);
    let limits: Vec<Limit> = gates().filter_map(allowed).collect();
    let class = gates().find_map(|gate| match gate.allowed {
        Some(Allowed::Grows(class)) => Some(class),
        _ => None,
    });
    let title = format!("{shown}, at {}", size_label(size, unit));
    let curves: Vec<Curve> = SUBJECTS.into_iter().map(|subject| curve(verdict, subject, name)).collect();
    let has_growth = curves.iter().any(|curve| curve.growth.is_some());
    let curves = growth(&format!("{shown} by size"), unit, &curves, class).filter(|_| has_growth);
    html! {
        @if limits.is_empty() {
            @if let Some(chart) = bars(&title, "", &at_largest, None, 0.0) { (figure(&title, &chart, facts)) }
        }
        // A count that may be neither too large nor too small has a picture for each.
        @for limit in &limits {
            @if let Some(chart) = bars(&title, "", &at_largest, Some(limit), 0.0) { (figure(&title, &chart, facts)) }
        }
        @if let Some(curves) = curves { (figure(&format!("{shown}, by size; both axes logarithmic"), &curves, facts)) }
    }
}

fn limit_of(verdict: &Verdict, name: &str) -> Option<Limit> {
    verdict.gates.iter().filter(|gate| gate.count == name).find_map(allowed)
}

fn curve(verdict: &Verdict, subject: &'static str, name: &str) -> Curve {
    let counts = verdict.counts.iter().filter(|counts| counts.subject == subject);
    let mut points: Vec<(f64, f64)> =
        counts.filter_map(|counts| Some((counts.size as f64, *counts.counts.get(name)?))).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let fitted = verdict.growth.iter().find(|growth| growth.subject == subject && growth.count == name);
    Curve { subject, points, growth: fitted.map(|fitted| fitted.growth) }
}

/// The limit of a gate on the count itself.
fn allowed(gate: &GateResult) -> Option<Limit> {
    let (at, is_least) = match gate.allowed? {
        Allowed::AtMost(most) => (most, false),
        Allowed::AtLeast(least) => (least, true),
        Allowed::Grows(_) => return None,
    };
    Some(Limit { at, name: "allowed", is_least })
}

fn table_of_counts(verdict: &Verdict) -> Markup {
    let names: BTreeSet<&String> = verdict.counts.iter().flat_map(|counts| counts.counts.keys()).collect();
    scrolling(
        "All counts",
        &html! {
            table {
                thead { tr { th { "whose" } th class="num" { "size" } @for name in &names { th class="num" { (count_label(name)) } } } }
                tbody {
                    @for counts in &verdict.counts {
                        tr {
                            th scope="row" { (counts.subject) }
                            td class="num" { (size_label(counts.size, &counts.unit).trim_start_matches("size ")) }
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

fn times(verdict: &Verdict, faster: Option<f64>) -> Markup {
    let facts = facts_of_verdict(verdict);
    let [first, finding, clock] = ["first / second", "the second is", "measured"].map(Column::words);
    let [margin, medians, pairs] = ["margin", medians_label(&verdict.ratios), "pairs"].map(Column::numbers);
    let rows = verdict.ratios.iter().map(|ratio| {
        let [first, second] = ratio.medians.map(number);
        vec![
            format!("{}{}", ratio_label(ratio), demand_mark(ratio, &verdict.ratios, faster)).into(),
            ratio.finding.as_str().into(),
            margin_label(ratio.margin).into(),
            format!("{first} / {second} {}", ratio.unit).into(),
            clock_label(&ratio.clock).into(),
            ratio.ratio.samples.to_string().into(),
        ]
    });
    let inside = html! {
        div class="beside" {
            @if let Some(chart) = ratios("Ratios of times", &verdict.ratios) {
                (figure("Ratios of times, with their intervals; axis logarithmic", &chart, &facts))
            }
            (table("Timed ratios", None, &[first, finding, margin, medians, clock, pairs], rows.collect()))
        }
        @if let Some(at_least) = faster { p { (needs_ratio(at_least)) } }
        p class="facts" {
            "The margin, grey in the picture, decides the word in its row. " (MARGIN_DECIDES) " " (RATIO_OF_PAIRS)
            @if let Some(covers) = cpu_time_covers(&verdict.ratios) { " " (covers) }
            @if verdict.ratios.iter().any(Ratio::is_noise) { " " (NOISE) }
        }
        @if let Some(captured) = verdict.captured {
            p { (captured_words(captured)) }
        }
    };
    fold(&html! { "Times" }, "as ratios, with the margin that decides", &inside)
}
