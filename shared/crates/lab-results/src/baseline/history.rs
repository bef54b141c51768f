//! Several baselines in a row: which step moved which count.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Baseline, Change, Moved, Unusable, What, compare};
use crate::names::count_label;

/// One step of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The baseline that the step led to.
    pub name: String,
    /// Everything that was compared with the baseline before it.
    pub changes: Vec<Change>,
}

/// What one step did to one count, in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// The subject.
    pub subject: String,
    /// The count.
    pub count: String,
    /// What its size counts; empty where nobody says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// What moved: the value at the largest size at which it did, and the class.
    pub what: Vec<What>,
    /// The wrong way if anything of it went the wrong way.
    pub moved: Moved,
}

/// Compares each baseline with the one before it, in the given order.
///
/// # Errors
///
/// As [`compare`].
pub fn history(baselines: &[Baseline]) -> Result<Vec<Step>, Unusable> {
    let steps = baselines.windows(2);
    steps.map(|pair| Ok(Step { name: pair[1].name.clone(), changes: compare(&pair[0], &pair[1])? })).collect()
}

impl Step {
    /// The counts that moved, by subject and name.
    pub fn moves(&self) -> Vec<Move> {
        moves(&self.changes)
    }
}

/// The counts that moved among these changes, by subject and name.
pub fn moves(changes: &[Change]) -> Vec<Move> {
    let mut moved: BTreeMap<(&str, &str), Vec<&Change>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.moved != Moved::Same) {
        moved.entry((&change.subject, &change.count)).or_default().push(change);
    }
    let one = |((subject, count), changes): ((&str, &str), Vec<&Change>)| {
        let (values, others): (Vec<What>, Vec<What>) =
            changes.iter().map(|change| change.what).partition(|what| matches!(what, What::Value { .. }));
        // Sizes come in rising order.
        let what = values.last().copied().into_iter().chain(others).collect();
        let moved = changes.iter().map(|change| change.moved).max().unwrap_or(Moved::Same);
        let unit = changes[0].unit.clone();
        Move { subject: subject.into(), count: count.into(), unit, what, moved }
    };
    moved.into_iter().map(one).collect()
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what: Vec<String> = self.what.iter().map(|what| what.with(&self.unit)).collect();
        write!(f, "{}: {}", count_label(&self.count), what.join(", "))
    }
}
