//! `lab verify`: correctness, counts, growth, time; then a verdict.

mod instructions;
mod show;
mod stages;
pub mod timing;

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use lab_results::decision::{decide, why_blind};
use lab_results::gate::judge;
use lab_results::verdict::{SCHEMA, SubjectCounts, SubjectGrowth};
use lab_results::{Counts, Outcome, Verdict, growth, stats};

use crate::arena::{self, Attempt, Programs};
use crate::catalogue::Lab;
use crate::database::Database;
use crate::machine;
use crate::progress;
use crate::runner;
use crate::seal;
use crate::terminal::{WARN, paint, print_json};
use crate::workspace::{Workspace, write_atomically};

pub use show::lasted;
pub use stages::Known;
use stages::Stages;

/// How to verify.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Repeats a run; a new one each time where it is not given.
    pub seed: Option<u64>,
    /// Correctness and counts at small sizes, no time.
    pub quick: bool,
    /// Correctness and counts at full size, no time.
    pub no_time: bool,
    /// The instructions of one call too, through valgrind.
    pub instructions: bool,
    /// What is judged; in place of the learner's files, progress is not recorded.
    pub attempt: Attempt,
    /// Keep neither the run nor the attempt.
    pub draft: bool,
    /// Print the verdict as JSON.
    pub json: bool,
}

impl Options {
    fn is_timed(&self) -> bool {
        !self.quick && !self.no_time
    }

    /// What is judged in the place of the learner's file, for people.
    fn in_place_of_yours(&self) -> Option<String> {
        match &self.attempt {
            Attempt::Current => None,
            Attempt::Original => Some("the original".into()),
            Attempt::Reference => Some("the reference".into()),
            Attempt::Path(path) => Some(path.display().to_string()),
        }
    }

    /// What is not looked at, for people.
    fn left_out(&self) -> Option<&'static str> {
        match (self.quick, self.no_time) {
            (true, _) => Some("The sizes were small, and nothing was timed"),
            (false, true) => Some("Nothing was timed"),
            (false, false) => None,
        }
    }
}

/// Counts of original, yours and reference, each by size.
pub type AllCounts = [(&'static str, Vec<(u64, Counts)>); 3];

/// Counts at sizes, and what the sizes count.
#[derive(Default)]
pub struct Counted {
    /// The counts.
    pub counts: AllCounts,
    /// Such as `lines`.
    pub unit: String,
    /// What yours says of its counts, a sentence each: where a number alone does not say what was found.
    pub notes: Vec<String>,
}

/// What the stages found so far, and how that ended where not all of them were through.
#[derive(Default)]
struct Findings {
    cases: u64,
    counted: Counted,
    instructions: Counted,
    timing: timing::Timing,
    ended: Option<Ended>,
    database: Option<String>,
    seconds: f64,
}

/// An end before all stages were through.
pub struct Ended {
    /// The result.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
}

/// Verifies a lab and shows the verdict.
pub fn verify(workspace: &Workspace, lab: &Lab, options: &Options) -> Result<Outcome> {
    let (verdict, ignored) = run(workspace, lab, options)?;
    if options.json {
        ignored.iter().for_each(|path| crate::complain!("{}", show::ignored(path)));
        print_json(&verdict)?;
    } else {
        show::verdict(lab, &verdict, options, &ignored);
    }
    // After it was shown: a full disk must not take the verdict of a whole run away.
    if options.in_place_of_yours().is_none()
        && !options.draft
        && let Err(error) = remember(workspace, lab, options, &verdict)
    {
        crate::complain!("{}", paint(WARN, format!("This verdict could not be kept: {error:#}")));
    }
    Ok(verdict.outcome)
}

/// Keeps the document of every run; only a complete one is an attempt, and may have solved the lab.
fn remember(workspace: &Workspace, lab: &Lab, options: &Options, verdict: &Verdict) -> Result<()> {
    let kept = keep(workspace, lab, verdict);
    progress::update(workspace, &lab.name, |progress| {
        if options.is_timed() {
            progress.attempts += 1;
            progress.solved |= verdict.outcome == Outcome::Solved;
        }
        progress.last = Some(verdict.outcome.as_str().into());
    })?;
    kept
}

/// Verifies without showing anything but progress. Returns also the learner's files that did not count.
pub fn run(workspace: &Workspace, lab: &Lab, options: &Options) -> Result<(Verdict, Vec<String>)> {
    seal::check(workspace, lab)?;
    let callgrind = options.instructions.then(|| instructions::Callgrind::find(workspace, lab)).transpose()?;
    let arena = arena::lay_out(workspace, lab, &options.attempt)?;
    let seed = options.seed.unwrap_or_else(fresh_seed);
    let built = match &arena.refused {
        Some(why) => Err(why.clone()),
        None => arena.build(workspace, options.is_timed())?.map_err(|words| format!("it does not compile\n{words}")),
    };
    let findings = match built {
        Err(reason) => Findings { ended: Some(Ended { outcome: Outcome::Invalid, reason }), ..Findings::default() },
        Ok(programs) => {
            let database = database_for(&arena.lab, &programs)?;
            let (quick, known) = (options.quick, &Known::default());
            let (lab, programs, database) = (&arena.lab, &programs, &database);
            let stages = Stages { lab, programs, database, seed, quick, is_proof: false, known };
            through_stages(&stages, callgrind.as_ref(), options.is_timed())?
        }
    };
    Ok((verdict_of(workspace, &arena.lab, options, seed, findings), arena.ignored))
}

/// A database for these programs, where there is room for one.
pub fn database_for(lab: &Lab, programs: &Programs) -> Result<Database> {
    if lab.meta.uses_database() {
        runner::has_room()?;
    }
    Database::for_lab(lab, &programs.original)
}

/// Judges programs that are there already, at small sizes and without a clock. What is known of original and reference is not counted
/// again, and what is counted is known afterwards.
pub fn counts_only(
    workspace: &Workspace,
    lab: &Lab,
    programs: &Programs,
    database: &Database,
    seed: u64,
    known: &Known,
) -> Result<Verdict> {
    let options = Options { quick: true, ..Options::default() };
    let stages = Stages { lab, programs, database, seed, quick: true, is_proof: true, known };
    Ok(verdict_of(workspace, lab, &options, seed, through_stages(&stages, None, false)?))
}

/// Correctness, counts, instructions where they are asked for, time: the first that fails ends it.
fn through_stages(stages: &Stages, callgrind: Option<&instructions::Callgrind>, is_timed: bool) -> Result<Findings> {
    let mut findings = Findings { database: stages.database.kind(), ..Findings::default() };
    let started = Instant::now();
    findings.ended = all_stages(stages, callgrind, is_timed, &mut findings)?.err();
    findings.seconds = started.elapsed().as_secs_f64();
    Ok(findings)
}

fn all_stages(
    stages: &Stages,
    callgrind: Option<&instructions::Callgrind>,
    is_timed: bool,
    findings: &mut Findings,
) -> Result<std::result::Result<(), Ended>> {
    /// The value, or the end of the verification.
    macro_rules! or_end {
        ($stage:expr) => {
            match $stage? {
                Ok(found) => found,
                Err(ended) => return Ok(Err(ended)),
            }
        };
    }
    findings.cases = or_end!(stages.check());
    findings.counted = or_end!(counted(stages));
    if let Some(callgrind) = callgrind {
        findings.instructions = or_end!(callgrind.count(stages));
    }
    if is_timed {
        findings.timing = or_end!(timing::time(stages));
    }
    Ok(Ok(()))
}

fn verdict_of(workspace: &Workspace, lab: &Lab, options: &Options, seed: u64, findings: Findings) -> Verdict {
    let gates: Vec<_> = lab.meta.gates.iter().map(|gate| judge(gate, &findings.counted.counts[1].1)).collect();
    let timing = findings.timing;
    let (outcome, reason) = match findings.ended {
        Some(ended) => (ended.outcome, ended.reason),
        None => {
            let at_least = lab.meta.faster.filter(|_| options.is_timed());
            let (outcome, reason) = decide(&gates, &timing.decisive(at_least));
            let reason = with_notes(outcome, reason, &findings.counted.notes);
            match options.left_out() {
                None => (outcome, reason),
                Some(left_out) => outcome.of_incomplete(reason, left_out, &format!("make verify-{}", lab.nn())),
            }
        }
    };
    // What cannot be read is no reason to lose the verdict; whoever keeps it says so.
    let progress = progress::load(workspace).unwrap_or_default().remove(&lab.name).unwrap_or_default();
    Verdict {
        schema: SCHEMA,
        lab: lab.name.clone(),
        seed,
        database: findings.database,
        at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        outcome,
        reason,
        cases: findings.cases,
        gates: if findings.counted.counts[1].1.is_empty() { Vec::new() } else { gates },
        counts: by_size(&findings.counted),
        instructions: by_size(&findings.instructions),
        growth: findings.counted.counts.iter().flat_map(|(subject, counts)| growths(subject, counts)).collect(),
        captured: timing.logs.and_then(|(yours, reference)| stats::captured(yours, reference)),
        ratios: timing.ratios,
        hints_used: progress.hints,
        diagnosis: progress.diagnosis,
        machine: machine::describe(),
        load: machine::load(),
        seconds: findings.seconds,
    }
}

/// The reason of a verdict, and below it what the program said of its counts: what is still to be done is told, and nothing else.
fn with_notes(outcome: Outcome, reason: String, notes: &[String]) -> String {
    let notes = if outcome == Outcome::NotYet { notes } else { &[] };
    std::iter::once(&reason).chain(notes).map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// Counts of all three, where the judge is not blind. Some counts are measured, and a machine that was disturbed for a moment lets the
/// reference miss them: then all are counted once more, before anybody is told that a file must have been edited.
fn counted(stages: &Stages) -> Result<std::result::Result<Counted, Ended>> {
    let gates = &stages.lab.meta.gates;
    let held = |counts: &[(u64, Counts)]| gates.iter().map(|gate| judge(gate, counts)).collect::<Vec<_>>();
    let blind = |[original, _, reference]: &AllCounts| why_blind(&held(&original.1), &held(&reference.1));
    match stages.count()? {
        Ok(counted) if blind(&counted.counts).is_some() => stages.known.forget(),
        counted_or_ended => return Ok(counted_or_ended),
    }
    match stages.count()? {
        Ok(counted) => match blind(&counted.counts) {
            Some(why) => bail!("{why}"),
            None => Ok(Ok(counted)),
        },
        ended => Ok(ended),
    }
}

fn by_size(Counted { counts, unit, .. }: &Counted) -> Vec<SubjectCounts> {
    let all =
        counts.iter().flat_map(|(subject, counts)| counts.iter().map(move |(size, counts)| (subject, size, counts)));
    all.map(|(subject, &size, counts)| SubjectCounts {
        subject: (*subject).into(),
        size,
        unit: unit.clone(),
        counts: counts.clone(),
    })
    .collect()
}

/// The growth of every count that was taken at sizes enough to tell.
fn growths(subject: &str, counts: &[(u64, Counts)]) -> Vec<SubjectGrowth> {
    let names: BTreeSet<&String> = counts.iter().flat_map(|(_, counts)| counts.keys()).collect();
    let fitted = names.into_iter().filter_map(|name| {
        let points: Vec<_> =
            counts.iter().filter_map(|(size, counts)| Some((*size as f64, *counts.get(name)?))).collect();
        Some(SubjectGrowth { subject: subject.into(), count: name.clone(), growth: growth::fit(&points)? })
    });
    fitted.collect()
}

/// A seed that differs from run to run. Five digits are easy to type again.
pub fn fresh_seed() -> u64 {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos();
    10_000 + (nanos as u64 / 1_000) % 90_000
}

fn keep(workspace: &Workspace, lab: &Lab, verdict: &Verdict) -> Result<()> {
    let runs = workspace.lab_target(&lab.name).join("runs");
    let name = format!("verify-{}-{}.json", verdict.at, verdict.seed);
    write_atomically(&runs.join(name), &serde_json::to_vec_pretty(verdict)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_says_of_its_counts_stands_below_what_was_missed() {
        let said = |outcome| with_notes(outcome, "231: found 2".into(), &["231: timed once.".into()]);
        assert_eq!(said(Outcome::NotYet), "231: found 2\n231: timed once.");
        assert_eq!(said(Outcome::Solved), "231: found 2");
    }
}
