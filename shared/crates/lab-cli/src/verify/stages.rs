//! The stages that need no clock: right answers, then counts.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use lab_results::{Counts, Outcome, Record};

use super::{AllCounts, Ended};
use crate::arena::{Arena, Programs};
use crate::catalogue::Kind;
use crate::database::Database;
use crate::runner::{self, Call, Ran};
use crate::terminal::spinner;

/// How long all correctness cases together, or all counts, may take. The broken programs need a tenth of it.
const LIMIT: Duration = Duration::from_secs(15);

/// What the stages work on.
pub struct Stages<'a> {
    /// The lab, with its pristine declaration.
    pub arena: &'a Arena,
    /// The three programs.
    pub programs: &'a Programs,
    /// The database that they use.
    pub database: &'a Database,
    /// Seed of all inputs.
    pub seed: u64,
    /// Small sizes.
    pub quick: bool,
}

impl Stages<'_> {
    /// Holds yours against the contract. The number of cases, or how it ended.
    pub fn check(&self) -> Result<std::result::Result<u64, Ended>> {
        let bar = spinner("Checking the answers");
        let ran = self.run(&self.programs.yours, "check", self.seed)?;
        bar.finish_and_clear();
        for record in &ran.records {
            match record {
                Record::Wrong { case, input, expected, got } => {
                    let reason = format!(
                        "case: {case}\ninput: {}\nexpected: {}\ngot: {}",
                        shorten(input),
                        shorten(expected),
                        shorten(got)
                    );
                    return Ok(Err(Ended { outcome: Outcome::WrongAnswer, reason }));
                }
                Record::Checked { cases } if ran.failure.is_none() => return Ok(Ok(*cases)),
                _ => {}
            }
        }
        Ok(Err(invalid(&ran)))
    }

    /// Counts of baseline, yours and reference, from the same inputs.
    pub fn count(&self) -> Result<std::result::Result<AllCounts, Ended>> {
        let bar = spinner("Counting");
        let yours = match self.counts_of(&self.programs.yours)? {
            Ok(counts) => counts,
            Err(ran) => return Ok(Err(invalid(&ran))),
        };
        let known = |program: &Path, role: &str| {
            self.counts_of(program)?.map_err(|ran| {
                anyhow::anyhow!(
                    "the {role} program failed: {}",
                    ran.failure.unwrap_or_else(|| "it printed no counts".into())
                )
            })
        };
        let baseline = known(&self.programs.baseline, "baseline")?;
        let reference = known(&self.programs.reference, "reference")?;
        bar.finish_and_clear();
        Ok(Ok([("baseline", baseline), ("yours", yours), ("reference", reference)]))
    }

    /// Runs a verb of one of the three programs.
    fn run(&self, program: &Path, verb: &str, seed: u64) -> Result<Ran> {
        let (program, call) = self.call(program, verb, seed)?;
        runner::run(program, &call)
    }

    /// What is to be run for a verb of one of the three programs. A service is driven by the baseline's generator and checked by its
    /// contract.
    pub fn call<'a>(&'a self, program: &'a Path, verb: &str, seed: u64) -> Result<(&'a Path, Call<'a>)> {
        let mut arguments = vec![verb.to_string(), "--seed".into(), seed.to_string()];
        if self.quick {
            arguments.push("--smoke".into());
        }
        let is_driven = self.arena.lab.meta.kind == Kind::Service && verb != "count";
        let driver = if is_driven { self.programs.baseline.as_path() } else { program };
        if is_driven {
            arguments.extend(["--subject".into(), program.to_str().context("the path is not Unicode")?.into()]);
        }
        Ok((driver, Call { arguments, environment: self.database.environment(), limit: LIMIT, pass_on: false }))
    }

    #[allow(clippy::type_complexity, reason = "counts by size, or the run that brought none")]
    fn counts_of(&self, program: &Path) -> Result<std::result::Result<Vec<(u64, Counts)>, Ran>> {
        let ran = self.run(program, "count", self.seed)?;
        let counts: Vec<_> = ran
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Counts { size, counts } => Some((*size, counts.clone())),
                _ => None,
            })
            .collect();
        Ok(if ran.failure.is_none() && !counts.is_empty() { Ok(counts) } else { Err(ran) })
    }
}

/// A program that did not finish.
pub fn invalid(ran: &Ran) -> Ended {
    let what = ran.failure.clone().unwrap_or_else(|| "it ended without a result".into());
    let case = ran.last_case().map(|case| format!("\nwhile working on: {case}")).unwrap_or_default();
    Ended { outcome: Outcome::Invalid, reason: format!("{what}{case}") }
}

/// Enough of a long value to see where it differs.
fn shorten(value: &str) -> String {
    const SHOWN: usize = 600;
    match value.char_indices().nth(SHOWN) {
        None => value.to_string(),
        Some((end, _)) => format!("{} ... ({} characters in all)", &value[..end], value.chars().count()),
    }
}
