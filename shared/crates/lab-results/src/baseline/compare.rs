//! One baseline held against another.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Baseline, Count, Repeated, SCHEMA, Source, Unusable, Worse};
use crate::gate::figure;
use crate::growth::Class;
use crate::names::{count_label, database_name, size_label};

/// How much further than its recorded spread a count may lie that did not repeat exactly: half of its value. Three repeats within
/// a minute know little of next month's machine, and what such a count (CPU time, resident memory) is there to find is a multiple.
pub const TOLERANCE: f64 = 0.5;

/// What became of one count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The subject.
    pub subject: String,
    /// The count.
    pub count: String,
    /// What its size counts, such as `orders`; empty where neither of the two says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// What was compared.
    #[serde(flatten)]
    pub what: What,
    /// Which way it went.
    pub moved: Moved,
}

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// A value.
    Value {
        /// At this size.
        size: u64,
        /// In the baseline.
        then: f64,
        /// In the other.
        now: f64,
        /// What the value was held against: the old one, or a little more where that did not repeat exactly.
        limit: f64,
    },
    /// A growth class; nothing where sizes were too few to tell.
    Growth {
        /// In the baseline.
        then: Option<Class>,
        /// In the other.
        now: Option<Class>,
    },
    /// It repeated exactly, and does so no longer: it cannot be held as sharply.
    Unsteady {
        /// The spread now, as a share of the median.
        within: f64,
    },
    /// The baseline does not know it.
    Appeared,
    /// It is no longer counted, so it can no longer be held: worse.
    Vanished,
}

/// Which way a count went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// The right way: worth a new baseline.
    Better,
    /// Nowhere, or not further than it does by itself.
    Same,
    /// The wrong way.
    Worse,
}

/// Holds `new` against `old`: every count at every size, and every growth class, in the order of their names.
///
/// - A count that repeated exactly in both is held exactly. What did not repeat in `old` may lie beyond by its spread and
///   [`TOLERANCE`]; of what does not repeat in `new`, the best that its spread allows is held.
/// - A class moves with its count: a class that reads worse, while the value at the largest size is no worse, is the same. (Take a
///   constant part away, and what is left looks steeper.) The class of a count that did not repeat exactly decides nothing.
/// - Ratios are not looked at.
///
/// # Errors
///
/// When the two are not comparable: schemas, inputs or databases differ, the same count has other sizes, or a value is no number.
pub fn compare(old: &Baseline, new: &Baseline) -> Result<Vec<Change>, Unusable> {
    for baseline in [old, new] {
        baseline.check()?;
    }
    same_inputs(old, new)?;
    let mut changes = Vec::new();
    for subject in both(old.subjects.keys(), new.subjects.keys()) {
        let (then, now) = (old.subjects.get(subject), new.subjects.get(subject));
        if let (Some(then), Some(now)) = (then, now)
            && then.database != now.database
        {
            let [then, now] =
                [then, now].map(|subject| subject.database.as_deref().map_or("no database", database_name));
            return Err(not_comparable(old, new, &format!("{subject} ran on {then} there and on {now} here (DB=...)")));
        }
        let counts = |of: Option<&super::Subject>| of.map(|subject| subject.counts.clone()).unwrap_or_default();
        let (then, now) = (counts(then), counts(now));
        for count in both(then.keys(), now.keys()) {
            let units = [now.get(count), then.get(count)].into_iter().flatten().map(|count| count.unit.clone());
            let unit = units.into_iter().find(|unit| !unit.is_empty()).unwrap_or_default();
            let change = |what, moved| {
                let (subject, count, unit) = (subject.clone(), count.clone(), unit.clone());
                Change { subject, count, unit, what, moved }
            };
            match (then.get(count), now.get(count)) {
                (Some(then), Some(now)) => {
                    if !then.at.keys().eq(now.at.keys()) {
                        let sizes = |count: &Count| format!("{:?}", count.at.keys().collect::<Vec<_>>());
                        let what = format!("{subject}, `{count}`: sizes {} and {}", sizes(then), sizes(now));
                        return Err(not_comparable(old, new, &what));
                    }
                    changes.extend(values(then, now).map(|(what, moved)| change(what, moved)));
                    changes.extend(growth(then, now).map(|(what, moved)| change(what, moved)));
                    if let (Repeated::Exactly, Repeated::Within(within)) = (then.repeated, now.repeated) {
                        changes.push(change(What::Unsteady { within }, Moved::Same));
                    }
                }
                (Some(_), None) => changes.push(change(What::Vanished, Moved::Worse)),
                _ => changes.push(change(What::Appeared, Moved::Same)),
            }
        }
    }
    Ok(changes)
}

impl Baseline {
    /// Whether this is a baseline that this program understands.
    ///
    /// # Errors
    ///
    /// Another schema, nothing in it, or a value that is no number.
    pub fn check(&self) -> Result<(), Unusable> {
        known_schema(self.schema).map_err(|Unusable(why)| Unusable(format!("{}: {why}", self.name)))?;
        let counts = || self.subjects.iter().flat_map(|(name, subject)| subject.counts.iter().map(move |c| (name, c)));
        if counts().all(|(_, (_, count))| count.at.is_empty()) {
            return Err(Unusable(format!("{}: there are no counts in it", self.name)));
        }
        for (subject, (name, count)) in counts() {
            let spread = if let Repeated::Within(share) = count.repeated { share } else { 0.0 };
            if !count.at.values().all(|value| value.is_finite()) || !spread.is_finite() || spread < 0.0 {
                return Err(Unusable(format!("{}: {subject}, `{name}` has a value that is no number", self.name)));
            }
        }
        Ok(())
    }
}

/// Whether a document of this schema can be read.
///
/// # Errors
///
/// What to do when it cannot.
pub fn known_schema(schema: u32) -> Result<(), Unusable> {
    match schema {
        SCHEMA => Ok(()),
        newer if newer > SCHEMA => {
            Err(Unusable(format!("its schema {newer} is newer than ours, {SCHEMA}: update `lab`")))
        }
        older => Err(Unusable(format!("its schema {older} is older than ours, {SCHEMA}: save it anew"))),
    }
}

fn same_inputs(old: &Baseline, new: &Baseline) -> Result<(), Unusable> {
    let said = match (&old.source, &new.source) {
        (Source::Labs { seed: then, .. }, Source::Labs { seed: now, .. }) if then != now => {
            format!("seeds {then} and {now}")
        }
        (Source::Labs { quick: then, .. }, Source::Labs { quick: now, .. }) if then != now => {
            "one at full size, one quick".into()
        }
        (Source::Labs { .. }, Source::Program { .. }) | (Source::Program { .. }, Source::Labs { .. }) => {
            "one of labs, one of a program".into()
        }
        _ => return Ok(()),
    };
    Err(not_comparable(old, new, &said))
}

fn not_comparable(old: &Baseline, new: &Baseline, why: &str) -> Unusable {
    Unusable(format!("{} and {} are not comparable: {why}", old.name, new.name))
}

fn both<'a, T: Ord + 'a>(a: impl Iterator<Item = &'a T>, b: impl Iterator<Item = &'a T>) -> BTreeSet<&'a T> {
    a.chain(b).collect()
}

fn values<'a>(then: &'a Count, now: &'a Count) -> impl Iterator<Item = (What, Moved)> + 'a {
    then.at.keys().filter_map(move |&size| {
        let (limit, moved) = held(then, now, size)?;
        Some((What::Value { size, then: then.at[&size], now: now.at[&size], limit }, moved))
    })
}

/// The limit on the worse side, and which way the value at a size went.
fn held(then: &Count, now: &Count, size: u64) -> Option<(f64, Moved)> {
    // Seen from the worse side: up is worse.
    let up = if then.worse == Worse::More { 1.0 } else { -1.0 };
    let (old, new) = (up * then.at.get(&size)?, up * now.at.get(&size)?);
    // A spread around zero was recorded in whole units.
    let unit = |value: f64| if value == 0.0 { 1.0 } else { value.abs() };
    let slack = match then.repeated {
        Repeated::Exactly => 0.0,
        Repeated::Within(share) => unit(old) * (share + TOLERANCE),
    };
    let spread = match now.repeated {
        Repeated::Exactly => 0.0,
        Repeated::Within(share) => unit(new) * share,
    };
    let moved = match () {
        () if new - spread > old + slack => Moved::Worse,
        () if new + spread < old - slack => Moved::Better,
        () => Moved::Same,
    };
    Some((up * (old + slack), moved))
}

fn growth(then: &Count, now: &Count) -> Option<(What, Moved)> {
    let classes = [then, now].map(|count| count.growth.map(|growth| growth.class));
    let what = What::Growth { then: classes[0], now: classes[1] };
    let is_exact = then.repeated == Repeated::Exactly && now.repeated == Repeated::Exactly;
    let ([Some(old), Some(new)], true) = (classes, is_exact) else {
        return (classes != [None, None]).then_some((what, Moved::Same));
    };
    let is_steeper = match then.worse {
        Worse::More => new > old,
        Worse::Less => new < old,
    };
    let with = then.at.last_key_value().and_then(|(&largest, _)| held(then, now, largest));
    let moved = match with {
        Some((_, Moved::Worse)) if is_steeper => Moved::Worse,
        Some((_, Moved::Better)) if new != old && !is_steeper => Moved::Better,
        _ => Moved::Same,
    };
    Some((what, moved))
}

impl Change {
    /// The sentence that people read: `statements: 3 -> 43 at 40 orders`.
    pub fn sentence(&self) -> String {
        format!("{}: {}", count_label(&self.count), self.what.with(&self.unit))
    }
}

impl What {
    /// In words, at sizes of this unit.
    pub fn with(&self, unit: &str) -> String {
        let class = |class: &Option<Class>| class.map_or("unknown".to_string(), |class| class.to_string());
        match self {
            What::Value { size, then, now, .. } => {
                format!("{} -> {} at {}", figure(*then), figure(*now), size_label(*size, unit))
            }
            What::Growth { then, now } => format!("{} -> {}", class(then), class(now)),
            What::Unsteady { within } => format!("no longer repeats exactly (within {:.2}%)", within * 100.0),
            What::Appeared => "appeared".into(),
            What::Vanished => "is no longer counted".into(),
        }
    }
}
