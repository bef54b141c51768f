//! The stages that need no clock: right answers, then counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use indicatif::ProgressBar;
use lab_results::{Counts, Outcome, Record};

use super::{Counted, Ended};
use crate::arena::Programs;
use crate::catalogue::{Kind, Lab};
use crate::database::Database;
use crate::runner::{self, Call, Ran, of_the_disk};
use crate::terminal::spinner;

/// CPU time that all correctness cases together, or all counts, may take. The broken programs of pure functions need a tenth of it.
const LIMIT: Duration = Duration::from_secs(15);
/// The same where a driver, a service and a database all use some of it: hashing passwords takes 12 s of it.
const LIMIT_OF_MANY: Duration = Duration::from_secs(40);
/// The same where claims are measured again, or time is virtual, which takes the tenth of it. Nobody waits long for what never ends.
const LIMIT_OF_FEW: Duration = Duration::from_secs(5);
/// What the correctness cases of a proof may take, which are few: an endless loop among the attempts takes all of it.
const LIMIT_IN_A_PROOF: Duration = Duration::from_secs(5);
/// The same where passwords are hashed.
const LIMIT_IN_A_PROOF_OF_MANY: Duration = Duration::from_secs(12);

/// What the stages work on.
pub struct Stages<'a> {
    /// The lab, with its pristine declaration.
    pub lab: &'a Lab,
    /// The three programs.
    pub programs: &'a Programs,
    /// The database that they use.
    pub database: &'a Database,
    /// Seed of all inputs.
    pub seed: u64,
    /// Small sizes.
    pub quick: bool,
    /// A proof's: endless loops end sooner, and several are at work at once, of which none can have the terminal for itself.
    pub is_proof: bool,
    /// Counts of the original and the reference that need not be taken again.
    pub known: &'a Known,
}

/// Counts by size, the unit of the sizes, and what the program says beside them.
type Sized = (Vec<(u64, Counts)>, String, Vec<String>);

/// Counts of originals and references that were taken, by program, seed and whether the sizes were small. A proof holds many attempts
/// against the same two.
#[derive(Default)]
pub struct Known(Mutex<BTreeMap<(PathBuf, u64, bool), Sized>>);

impl Known {
    /// All is counted again when it is asked for.
    pub fn forget(&self) {
        self.0.lock().expect("no thread panics with this lock").clear();
    }
}

impl Stages<'_> {
    /// Holds yours against the contract. The number of cases, or how it ended.
    pub fn check(&self) -> Result<std::result::Result<u64, Ended>> {
        let bar = self.bar("Checking the answers");
        let ran = self.run(&self.programs.yours, "check", self.seed)?;
        bar.finish_and_clear();
        let found = checked(&ran)?;
        Ok(found.map_err(|ended| Ended { reason: self.as_the_learner_knows_it(&ended.reason), ..ended }))
    }

    /// Counts of original, yours and reference, from the same inputs.
    pub fn count(&self) -> Result<std::result::Result<Counted, Ended>> {
        let bar = self.bar("Counting");
        let (yours, unit, notes) = match self.counts_of(&self.programs.yours)? {
            Ok(counted) => counted,
            Err(ran) => return Ok(Err(self.invalid(&ran))),
        };
        let (original, ..) = self.known_counts(&self.programs.original, "original")?;
        let (reference, ..) = self.known_counts(&self.programs.reference, "reference")?;
        bar.finish_and_clear();
        ensure!(
            sizes(&original) == sizes(&reference),
            "original and reference were counted at different sizes: {:?} and {:?}",
            sizes(&original),
            sizes(&reference)
        );
        if sizes(&yours) != sizes(&original) {
            let reason = format!(
                "it was counted at the sizes {:?}, and the original at {:?}: the code under test disturbs its judge",
                sizes(&yours),
                sizes(&original)
            );
            return Ok(Err(Ended { outcome: Outcome::Invalid, reason }));
        }
        let counts = [("original", original), ("yours", yours), ("reference", reference)];
        Ok(Ok(Counted { counts, unit, notes }))
    }

    fn bar(&self, stage: &str) -> ProgressBar {
        if self.is_proof { ProgressBar::hidden() } else { spinner(stage) }
    }

    /// A program that did not finish.
    pub fn invalid(&self, ran: &Ran) -> Ended {
        let ended = invalid(ran);
        Ended { reason: self.as_the_learner_knows_it(&ended.reason), ..ended }
    }

    /// How a program of the learner's ended that failed, or found an answer wrong.
    pub fn ended(&self, ran: &Ran) -> Option<Ended> {
        (ran.failure.is_some() || wrong(ran).is_some()).then(|| self.invalid(ran))
    }

    /// A program's words, with the paths of the learner's files: it was built elsewhere.
    fn as_the_learner_knows_it(&self, words: &str) -> String {
        with_known_paths(words, &self.lab.name)
    }

    /// Runs a verb of one of the three programs.
    fn run(&self, program: &Path, verb: &str, seed: u64) -> Result<Ran> {
        let (program, call) = self.call(program, verb, seed)?;
        runner::run(program, &call)
    }

    /// What is to be run for a verb of one of the three programs. A service is driven by the original's generator and checked by its
    /// contract.
    pub fn call<'a>(&'a self, program: &'a Path, verb: &str, seed: u64) -> Result<(&'a Path, Call<'a>)> {
        let mut arguments = vec![verb.to_string(), "--seed".into(), seed.to_string()];
        if self.quick {
            arguments.push("--smoke".into());
        }
        let is_driven = self.lab.meta.kind == Kind::Service && verb != "count";
        let driver = if is_driven { self.programs.original.as_path() } else { program };
        if is_driven {
            arguments.extend(["--subject".into(), program.to_str().context("the path is not Unicode")?.into()]);
        }
        let limit = match (self.lab.meta.kind, self.is_proof && verb == "check") {
            (Kind::Service, true) => LIMIT_IN_A_PROOF_OF_MANY,
            (_, true) => LIMIT_IN_A_PROOF,
            (Kind::Kernel, false) => LIMIT,
            (Kind::Store | Kind::Service | Kind::File, false) => LIMIT_OF_MANY,
            (Kind::Review | Kind::Virtual, false) => LIMIT_OF_FEW,
        };
        let call = Call { arguments, environment: self.database.environment(), ..Call::default() };
        Ok((driver, call.within_cpu_time(limit)))
    }

    /// Counts of a program that is not the learner's.
    fn known_counts(&self, program: &Path, role: &str) -> Result<Sized> {
        let asked = (program.to_path_buf(), self.seed, self.quick);
        // Held while it counts: whoever asks meanwhile waits for it, and does not count the same.
        let mut all = self.known.0.lock().expect("no thread panics with this lock");
        if let Some(known) = all.get(&asked) {
            return Ok(known.clone());
        }
        let counted = self.counts_of(program)?.map_err(|ran| {
            let why = ran.failure.unwrap_or_else(|| "it printed no counts".into());
            anyhow!("the {role} program failed: {why}")
        })?;
        all.insert(asked, counted.clone());
        Ok(counted)
    }

    /// The counts, or the run that brought none.
    fn counts_of(&self, program: &Path) -> Result<std::result::Result<Sized, Ran>> {
        let ran = self.run(program, "count", self.seed)?;
        let (mut counts, mut unit, mut notes) = (Vec::new(), String::new(), Vec::new());
        for record in &ran.records {
            match record {
                Record::Counts { size, unit: of_size, counts: at_size } => {
                    counts.push((*size, at_size.clone()));
                    unit.clone_from(of_size);
                }
                Record::Note { text } => notes.push(text.clone()),
                _ => {}
            }
        }
        Ok(if ran.failure.is_none() && !counts.is_empty() && wrong(&ran).is_none() {
            Ok((counts, unit, notes))
        } else {
            Err(ran)
        })
    }
}

/// What the records of a check say. A wrong answer stands, whatever stands beside it; a right end is the last record, and the only one.
fn checked(ran: &Ran) -> Result<std::result::Result<u64, Ended>> {
    for record in &ran.records {
        if let Record::Wrong { got, .. } = record {
            of_the_disk(got)?;
        }
    }
    if ran.failure.is_some() || wrong(ran).is_some() {
        return Ok(Err(invalid(ran)));
    }
    let ends = ran.records.iter().filter(|record| matches!(record, Record::Checked { .. })).count();
    match ran.records.last() {
        Some(Record::Checked { cases }) if ends == 1 => Ok(Ok(*cases)),
        _ if ends == 0 => Ok(Err(invalid(ran))),
        _ => {
            let reason = "its check ended more than once: the code under test disturbs its judge".into();
            Ok(Err(Ended { outcome: Outcome::Invalid, reason }))
        }
    }
}

fn sizes(counts: &[(u64, Counts)]) -> Vec<u64> {
    counts.iter().map(|(size, _)| *size).collect()
}

/// The first answer that was found wrong: in the check, or where it is counted.
fn wrong(ran: &Ran) -> Option<Ended> {
    ran.records.iter().find_map(|record| {
        let Record::Wrong { case, input, expected, got } = record else { return None };
        let (expected, got) = where_they_differ(expected, got);
        let reason = format!("case: {case}\ninput: {}\nexpected: {expected}\ngot: {got}", shorten(input));
        Some(Ended { outcome: Outcome::WrongAnswer, reason })
    })
}

/// A program that did not finish, or that found an answer wrong.
fn invalid(ran: &Ran) -> Ended {
    if let Some(wrong) = wrong(ran) {
        return wrong;
    }
    let what = ran.failure.clone().unwrap_or_else(|| "it ended without a result".into());
    let case = ran.last_case().map(|case| format!("\nwhile working on: {case}")).unwrap_or_default();
    Ended { outcome: Outcome::Invalid, reason: format!("{what}{case}") }
}

/// The arena's folder is not where a learner looks for a file.
fn with_known_paths(words: &str, lab: &str) -> String {
    let mut known = String::new();
    let mut rest = words;
    while let Some(at) = rest.find("yours/src/") {
        // An absolute path leads through the arena to the same place.
        let start = rest[..at].rfind(|c: char| c.is_whitespace() || "\"'(`".contains(c)).map_or(0, |space| space + 1);
        let is_absolute = rest[start..at].ends_with("/arena/");
        known.push_str(&rest[..if is_absolute { start } else { at }]);
        known.push_str(&format!("labs/{lab}/src/"));
        rest = &rest[at + "yours/src/".len()..];
    }
    known + rest
}

/// So much of a long value is shown.
const SHOWN: usize = 600;
/// So much of what is the same stands before a difference.
const BEFORE: usize = 60;

/// Enough of a long value to see what it is.
fn shorten(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        None => value.to_string(),
        Some((end, _)) => format!("{} ... ({} characters in all)", &value[..end], value.chars().count()),
    }
}

/// Two values, cut around the first character that differs where they are long.
fn where_they_differ(expected: &str, got: &str) -> (String, String) {
    let same = expected.chars().zip(got.chars()).take_while(|(expected, got)| expected == got).count();
    if expected.chars().nth(SHOWN).is_none() && got.chars().nth(SHOWN).is_none() || same < SHOWN / 2 {
        return (shorten(expected), shorten(got));
    }
    let around = |value: &str| {
        let from = same.saturating_sub(BEFORE);
        let shown: String = value.chars().skip(from).take(SHOWN / 2).collect();
        let length = value.chars().count();
        let more = if from + SHOWN / 2 < length { " ..." } else { "" };
        format!("... {shown}{more} (the first {same} of {length} characters are right)")
    };
    (around(expected), around(got))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(records: Vec<Record>, failure: Option<&str>) -> Ran {
        Ran { records, failure: failure.map(String::from), malformed: None }
    }

    fn wrong() -> Record {
        let text = || String::from("x");
        Record::Wrong { case: text(), input: text(), expected: text(), got: String::from("y") }
    }

    fn outcome(records: Vec<Record>, failure: Option<&str>) -> std::result::Result<u64, Outcome> {
        checked(&ran(records, failure)).expect("no trouble of the machine's").map_err(|ended| ended.outcome)
    }

    #[test]
    fn a_wrong_answer_beats_a_right_end_wherever_it_stands() {
        let right = || Record::Checked { cases: 3 };
        assert_eq!(outcome(vec![right()], None), Ok(3));
        assert_eq!(outcome(vec![right(), wrong()], None), Err(Outcome::WrongAnswer));
        assert_eq!(outcome(vec![wrong(), right()], None), Err(Outcome::WrongAnswer));
        assert_eq!(outcome(vec![right(), wrong()], Some("ended")), Err(Outcome::WrongAnswer));
    }

    #[test]
    fn a_right_end_is_the_only_one_and_the_last_record() {
        let (right, case) = (|| Record::Checked { cases: 3 }, || Record::Case { name: "one".into() });
        assert_eq!(outcome(vec![right(), right()], None), Err(Outcome::Invalid));
        assert_eq!(outcome(vec![right(), case()], None), Err(Outcome::Invalid));
        assert_eq!(outcome(vec![case()], None), Err(Outcome::Invalid));
        assert_eq!(outcome(vec![right()], Some("left before it was through")), Err(Outcome::Invalid));
    }

    #[test]
    fn an_answer_that_is_a_full_disk_is_no_wrong_answer() {
        let Record::Wrong { case, input, expected, .. } = wrong() else { panic!("it is one") };
        let got = "an error: database or disk is full".into();
        assert!(checked(&ran(vec![Record::Wrong { case, input, expected, got }], None)).is_err());
    }

    #[test]
    fn long_answers_are_shown_where_they_differ() {
        let same = "a".repeat(5_000);
        let (expected, got) = where_they_differ(&format!("{same}RIGHT"), &format!("{same}WRONG and so on"));
        assert!(expected.contains("RIGHT (the first 5000 of 5005 characters"), "{expected}");
        assert!(got.contains("WRONG and so on") && got.len() < 400, "{got}");
        assert_eq!(where_they_differ("ab", "ac"), ("ab".into(), "ac".into()));
    }

    #[test]
    fn a_panic_names_the_file_that_the_learner_edits() {
        let words = "panicked at yours/src/manifest.rs:3:5:\n   at /t/lab/lab-01-x/arena/yours/src/manifest.rs:3:5";
        let known = "panicked at labs/lab-01-x/src/manifest.rs:3:5:\n   at labs/lab-01-x/src/manifest.rs:3:5";
        assert_eq!(with_known_paths(words, "lab-01-x"), known);
    }
}
