//! Gates: the declared limits that a submission is held against.

use serde::{Deserialize, Serialize};

use crate::growth::{self, Class};
use crate::record::Counts;

/// A limit on one deterministic count, as declared in a lab's manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Declared")]
pub struct Gate {
    /// The count's name in [`Counts`].
    pub count: String,
    /// What the count means, in the learner's words.
    pub says: String,
    /// The limit.
    pub limit: Limit,
    /// The hint to read next when this gate is missed.
    pub hint: u8,
}

/// What a gate allows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// At the largest size, no more than this.
    AtMost(f64),
    /// At the largest size, no less than this.
    AtLeast(f64),
    /// Over all sizes, no faster than this class.
    Grows(Class),
}

/// A gate as written in TOML: exactly one of the three limits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    count: String,
    says: String,
    hint: u8,
    at_most: Option<f64>,
    at_least: Option<f64>,
    grows: Option<Class>,
}

impl TryFrom<Declared> for Gate {
    type Error = String;

    fn try_from(declared: Declared) -> Result<Self, String> {
        let limit = match (declared.at_most, declared.at_least, declared.grows) {
            (Some(limit), None, None) => Limit::AtMost(limit),
            (None, Some(limit), None) => Limit::AtLeast(limit),
            (None, None, Some(class)) => Limit::Grows(class),
            _ => return Err(format!("gate on `{}` needs exactly one of at_most, at_least, grows", declared.count)),
        };
        Ok(Gate { count: declared.count, says: declared.says, limit, hint: declared.hint })
    }
}

/// How a gate went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Within the limit.
    Passed,
    /// Beyond the limit.
    Missed,
    /// The count is not there, so nothing can be said.
    Unknown,
}

/// A gate held against counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateResult {
    /// The gate's count.
    pub count: String,
    /// What the count means.
    pub says: String,
    /// The limit as text: `<= 8`, `at most n`.
    pub limit: String,
    /// The same limit as a value. Verdicts before version 3 have only the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Limit>,
    /// What was found, as text.
    pub found: String,
    /// How it went.
    pub status: Status,
    /// By which factor a numeric limit was missed; above 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_by: Option<f64>,
    /// The hint to read next.
    pub hint: u8,
}

impl GateResult {
    /// By how much a numeric limit was missed, to stand behind it: `, 2x too much`, or `, 2x too little` where more was asked for.
    /// Nothing where there is no such factor.
    pub fn missed_by_words(&self) -> String {
        // Verdicts before version 3 have the limit as text alone.
        let is_least = self.allowed.map_or(self.limit.starts_with(">="), |limit| matches!(limit, Limit::AtLeast(_)));
        let which = if is_least { "little" } else { "much" };
        self.missed_by.map(|by| format!(", {}x too {which}", figure(by))).unwrap_or_default()
    }
}

/// Holds a gate against counts at several sizes, in any order.
pub fn judge(gate: &Gate, counts: &[(u64, Counts)]) -> GateResult {
    let points: Vec<(f64, f64)> =
        counts.iter().filter_map(|(size, counts)| Some((*size as f64, *counts.get(&gate.count)?))).collect();
    let largest = points.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, count)| count);
    let (limit, found, status, missed_by) = match gate.limit {
        Limit::AtMost(most) => {
            let (status, missed_by) = numeric(largest, |found| found <= most, |found| found / most);
            (format!("<= {}", figure(most)), largest.map(figure), status, missed_by)
        }
        Limit::AtLeast(least) => {
            let (status, missed_by) = numeric(largest, |found| found >= least, |found| least / found);
            (format!(">= {}", figure(least)), largest.map(figure), status, missed_by)
        }
        Limit::Grows(class) => {
            let growth = growth::fit(&points);
            let status = growth.map_or(Status::Unknown, |g| status(g.class <= class || is_of_doubling(class, &points)));
            let found = growth.map(|growth| growth.to_string());
            (format!("at most {class}"), found, status, None)
        }
    };
    GateResult {
        count: gate.count.clone(),
        says: gate.says.clone(),
        limit,
        allowed: Some(gate.limit),
        found: found.unwrap_or_else(|| "not measured".into()),
        status,
        missed_by,
        hint: gate.hint,
    }
}

/// Storage that doubles when it is full costs up to twice as much just behind a doubling as just before one. Where a seed's sizes lie close
/// together, that alone looks like growth; a factor of two is none, but where a count must be the same at every size.
fn is_of_doubling(class: Class, points: &[(f64, f64)]) -> bool {
    let counts = || points.iter().map(|(_, count)| *count);
    let (least, most) = (counts().fold(f64::INFINITY, f64::min), counts().fold(0.0, f64::max));
    class > Class::Constant && most <= 2.0 * least
}

fn numeric(found: Option<f64>, passes: impl Fn(f64) -> bool, factor: impl Fn(f64) -> f64) -> (Status, Option<f64>) {
    match found {
        None => (Status::Unknown, None),
        Some(found) if passes(found) => (Status::Passed, None),
        Some(found) => (Status::Missed, Some(factor(found)).filter(|factor| factor.is_finite())),
    }
}

fn status(passed: bool) -> Status {
    if passed { Status::Passed } else { Status::Missed }
}

/// A figure as people read it: thousands separated, at most two decimals, none where there is nothing behind the point.
pub fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "n/a".into();
    }
    let decimals = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        large if large >= 100.0 => 0,
        medium if medium >= 10.0 => 1,
        small if small >= 0.01 => 2,
        _ => 4,
    };
    let plain = format!("{value:.decimals$}");
    // What rounds to zero has no sign.
    let plain =
        plain.strip_prefix('-').filter(|digits| !digits.contains(|c| ('1'..='9').contains(&c))).unwrap_or(&plain);
    let (whole, fraction) = plain.split_once('.').map_or((plain, ""), |(w, f)| (w, f));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{fraction}")
}

/// A size with its unit: `1 order`, `6,914 lines`.
pub fn counted(count: u64, unit: &str) -> String {
    let one = match (count, unit.strip_suffix("ies"), unit.strip_suffix('s')) {
        (1, Some(stem), _) => format!("{stem}y"),
        (1, None, Some(stem)) => stem.to_string(),
        _ => unit.to_string(),
    };
    format!("{} {one}", figure(count as f64)).trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_that_doubles_is_no_growth_where_sizes_lie_close_together() {
        // What a String that doubles asked for, in bytes for each byte of the text.
        let bytes = [(1_990, 2.4), (2_181, 2.43), (2_700, 3.92), (3_444, 4.1)];
        let doubling = bytes.map(|(n, found)| (n, Counts::from([("bytes".into(), found)])));
        let judged = judge(&gate(Limit::Grows(Class::Logarithmic)), &doubling);
        assert_eq!((judged.status, judged.found.as_str()), (Status::Passed, "n log n (slope 1.11)"));
        assert_eq!(judge(&gate(Limit::Grows(Class::Constant)), &doubling).status, Status::Missed);
        let square = bytes.map(|(n, _)| (n, Counts::from([("bytes".into(), n as f64 * n as f64)])));
        assert_eq!(judge(&gate(Limit::Grows(Class::Logarithmic)), &square).status, Status::Missed);
    }

    fn gate(limit: Limit) -> Gate {
        Gate { count: "bytes".into(), says: "bytes requested".into(), limit, hint: 3 }
    }

    fn counts(f: impl Fn(f64) -> f64) -> Vec<(u64, Counts)> {
        [100u64, 200, 400, 800].map(|n| (n, Counts::from([("bytes".into(), f(n as f64))]))).into()
    }

    #[test]
    fn a_numeric_limit_is_held_against_the_largest_size() {
        let missed = judge(&gate(Limit::AtMost(400.0)), &counts(|n| n));
        assert_eq!((missed.status, missed.missed_by), (Status::Missed, Some(2.0)));
        assert_eq!((missed.allowed, missed.limit.as_str()), (Some(Limit::AtMost(400.0)), "<= 400"));
        assert_eq!(judge(&gate(Limit::AtMost(800.0)), &counts(|n| n)).status, Status::Passed);
        assert_eq!(judge(&gate(Limit::AtLeast(801.0)), &counts(|n| n)).status, Status::Missed);
    }

    #[test]
    fn what_is_too_little_is_not_called_too_much() {
        let of = |limit| judge(&gate(limit), &counts(|n| n));
        assert_eq!(of(Limit::AtMost(400.0)).missed_by_words(), ", 2x too much");
        assert_eq!(of(Limit::AtLeast(1_600.0)).missed_by_words(), ", 2x too little");
        assert_eq!(GateResult { allowed: None, ..of(Limit::AtLeast(1_600.0)) }.missed_by_words(), ", 2x too little");
        assert_eq!(of(Limit::AtLeast(1.0)).missed_by_words(), "");
    }

    #[test]
    fn a_class_is_held_against_all_sizes() {
        let limit = gate(Limit::Grows(Class::Linear));
        assert_eq!(judge(&limit, &counts(|n| 3.0 * n)).status, Status::Passed);
        let quadratic = judge(&limit, &counts(|n| n * n));
        assert_eq!((quadratic.status, quadratic.found.as_str()), (Status::Missed, "n² (slope 2.00)"));
    }

    #[test]
    fn a_count_that_is_not_there_never_passes() {
        for limit in [Limit::AtMost(1e9), Limit::AtLeast(0.0), Limit::Grows(Class::Cubic)] {
            assert_eq!(judge(&gate(limit), &[]).status, Status::Unknown);
        }
    }

    #[test]
    fn a_zero_limit_is_missed_without_a_factor() {
        assert_eq!(judge(&gate(Limit::AtMost(0.0)), &counts(|n| n)).missed_by, None);
    }

    #[test]
    fn one_of_a_unit_is_no_plural() {
        let all = [(1, "orders"), (1, "entries"), (2, "entries"), (6_914, "lines"), (0, "orders"), (3, "")];
        assert_eq!(
            all.map(|(count, unit)| counted(count, unit)),
            ["1 order", "1 entry", "2 entries", "6,914 lines", "0 orders", "3"]
        );
    }

    #[test]
    fn figures_are_grouped() {
        assert_eq!(figure(1_234_567.0), "1,234,567");
        assert_eq!(figure(1_234.567), "1,235");
        assert_eq!(figure(-12.34), "-12.3");
        assert_eq!(figure(0.5), "0.50");
        assert_eq!([figure(-0.0), figure(-0.000_01), figure(-0.01)], ["0", "0.0000", "-0.01"]);
        assert_eq!(figure(f64::NAN), "n/a");
    }
}
