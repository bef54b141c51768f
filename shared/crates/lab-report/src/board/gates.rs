//! Which gates most fail.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::short;
use crate::handover::Learner;
use crate::prose::inline;
use crate::tables::{Cell, Column, table};

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
    let [lab, gate, who] = ["lab", "gate", "who misses it now"].map(Column::words);
    let [still, ever, attempts] = ["learners now", "learners ever", "attempts"].map(Column::numbers);
    let rows = gates.iter().map(|((lab, says), missed)| {
        vec![
            Cell::of("nowrap", html! { (short(lab)) }),
            inline(says).into(),
            missed.still.len().to_string().into(),
            missed.ever.len().to_string().into(),
            missed.attempts.to_string().into(),
            missed.still.iter().copied().collect::<Vec<_>>().join(", ").into(),
        ]
    });
    html! {
        section {
            h2 { "Gates that are missed most" }
            @if gates.is_empty() { p class="faint" { "No attempt that was handed over missed a gate." } }
            @else { (table("Gates that are missed most", None, &[lab, gate, still, ever, attempts, who], rows.collect())) }
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
