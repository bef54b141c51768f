//! Several runs of the same, made one baseline.

use std::collections::{BTreeMap, BTreeSet};

use super::{Count, Repeated, Subject, Unusable, Worse, rounded};
use crate::gate::{Gate, Limit};
use crate::growth::{self, Growth};
use crate::record::Counts;
use crate::stats::median;

/// What one run counted, by size.
pub type Run = Vec<(u64, Counts)>;

impl Subject {
    /// What several runs of the same counted. `gates` say which direction is worse.
    ///
    /// # Errors
    ///
    /// No runs or no counts, a size counted twice, a value that is no number, and runs that differ in their sizes or counts.
    pub fn from_runs(runs: &[Run], gates: &[Gate]) -> Result<Subject, Unusable> {
        let runs: Vec<BTreeMap<&str, BTreeMap<u64, f64>>> = runs.iter().map(by_name).collect::<Result<_, _>>()?;
        let Some(first) = runs.first().filter(|first| !first.is_empty()) else {
            return Err(Unusable("it printed no counts".into()));
        };
        let shape = |run: &BTreeMap<&str, BTreeMap<u64, f64>>| -> BTreeSet<(String, u64)> {
            run.iter().flat_map(|(name, at)| at.keys().map(|size| (name.to_string(), *size))).collect()
        };
        for run in &runs {
            if let Some((name, size)) = shape(first).symmetric_difference(&shape(run)).next() {
                return Err(Unusable(format!("`{name}` at size {size} is counted in some runs and not in others")));
            }
        }
        let counts = first.keys().map(|name| {
            let repeats: Vec<&BTreeMap<u64, f64>> = runs.iter().map(|run| &run[name]).collect();
            (name.to_string(), count(&repeats, direction(name, gates)))
        });
        Ok(Subject { database: None, counts: counts.collect(), ratios: Vec::new() })
    }
}

impl Subject {
    /// With what the sizes of its counts are of.
    #[must_use]
    pub fn of_unit(mut self, unit: &str) -> Subject {
        self.counts.values_mut().for_each(|count| count.unit = unit.into());
        self
    }
}

/// One run's values by count and size.
fn by_name(run: &Run) -> Result<BTreeMap<&str, BTreeMap<u64, f64>>, Unusable> {
    let mut named: BTreeMap<&str, BTreeMap<u64, f64>> = BTreeMap::new();
    for (size, counts) in run {
        for (name, value) in counts {
            if !value.is_finite() {
                return Err(Unusable(format!("`{name}` at size {size} is no number")));
            }
            if named.entry(name).or_default().insert(*size, *value).is_some() {
                return Err(Unusable(format!("`{name}` is counted twice at size {size}: each size once, please")));
            }
        }
    }
    Ok(named)
}

fn count(repeats: &[&BTreeMap<u64, f64>], worse: Worse) -> Count {
    let mut within: f64 = 0.0;
    let mut at = BTreeMap::new();
    for &size in repeats[0].keys() {
        let values: Vec<f64> = repeats.iter().map(|run| run[&size]).collect();
        let middle = median(&values).unwrap_or(values[0]);
        for value in values.iter().filter(|&&value| value != middle) {
            // Beside a median of zero any distance is infinitely far; a whole unit of it is the best that can be said.
            within = within.max((value - middle).abs() / if middle == 0.0 { 1.0 } else { middle.abs() });
        }
        at.insert(size, middle);
    }
    let points: Vec<(f64, f64)> = at.iter().map(|(size, value)| (*size as f64, *value)).collect();
    let growth = growth::fit(&points).map(|growth| Growth { slope: rounded(growth.slope), ..growth });
    let repeated = if within == 0.0 { Repeated::Exactly } else { Repeated::Within(rounded(within).max(1e-4)) };
    Count { worse, repeated, growth, unit: String::new(), at }
}

/// Less is worse only where a gate asks for at least so many and no other gate asks for the opposite.
fn direction(count: &str, gates: &[Gate]) -> Worse {
    let mut limits = gates.iter().filter(|gate| gate.count == count).map(|gate| gate.limit).peekable();
    let is_floor = limits.peek().is_some() && limits.all(|limit| matches!(limit, Limit::AtLeast(_)));
    if is_floor { Worse::Less } else { Worse::More }
}
