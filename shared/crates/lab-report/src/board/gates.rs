//! Which gates most fail.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::short;
use crate::document::scrolling;
use crate::handover::Learner;

/// What is known of one gate.
#[derive(Default)]
struct Missed<'a> {
    /// Learners who missed it at least once.
    ever: BTreeSet<&'a str>,
    /// Those who missed it in their last attempt.
    still: BTreeSet<&'a str>,
    /// Attempts that missed it.
    attempts: usize,
}

/// A row for each gate that was missed, the one that holds up the most people first.
pub fn missed(learners: &[Learner]) -> Markup {
    let gates = by_gate(learners);
    html! {
        section {
            h2 { "Gates that most fail" }
            @if gates.is_empty() { p class="faint" { "No attempt that was handed over missed a gate." } }
            @else {
                (scrolling("Gates that most fail", &html! {
                    table {
                        thead { tr { th { "lab" } th { "gate" } th class="num" { "learners still" } th class="num" { "learners ever" }
                            th class="num" { "attempts" } th { "who is there now" } } }
                        tbody {
                            @for ((lab, says), missed) in gates {
                                tr {
                                    td class="nowrap" { (short(lab)) }
                                    td { (says) }
                                    td class="num" { (missed.still.len()) }
                                    td class="num" { (missed.ever.len()) }
                                    td class="num" { (missed.attempts) }
                                    td { (missed.still.into_iter().collect::<Vec<_>>().join(", ")) }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }
}

fn by_gate(learners: &[Learner]) -> Vec<((&str, &str), Missed<'_>)> {
    let mut gates: BTreeMap<(&str, &str), Missed> = BTreeMap::new();
    for learner in learners {
        for lab in &learner.handover.labs {
            for (i, attempt) in lab.attempts.iter().enumerate() {
                for says in &attempt.missed {
                    let missed = gates.entry((&lab.name, says)).or_default();
                    missed.attempts += 1;
                    missed.ever.insert(&learner.name);
                    if i + 1 == lab.attempts.len() {
                        missed.still.insert(&learner.name);
                    }
                }
            }
        }
    }
    let mut gates: Vec<_> = gates.into_iter().collect();
    gates.sort_by_key(|(_, missed)| std::cmp::Reverse((missed.still.len(), missed.ever.len(), missed.attempts)));
    gates
}
