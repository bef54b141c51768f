//! `lab verify`: correctness, counts, growth, time; then a verdict.

mod instructions;
mod show;
mod stages;
pub mod timing;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use lab_results::decision::{decide, why_blind};
use lab_results::gate::judge;
use lab_results::verdict::{SCHEMA, SubjectCounts, SubjectGrowth};
use lab_results::{Counts, Outcome, Verdict, growth, stats};

use crate::arena::{self, Attempt};
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
    /// A file or a lab's folder to judge in place of the learner's; progress is not recorded.
    pub attempt: Option<PathBuf>,
    /// The solution's own file as the attempt, for the proof that it passes.
    pub reference: bool,
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
        let reference = self.reference.then(|| "the reference".to_string());
        reference.or_else(|| self.attempt.as_ref().map(|path| path.display().to_string()))
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
}

/// What the stages found so far; a stage that ends the verification fills in outcome and reason.
#[derive(Default)]
struct Findings {
    cases: u64,
    counted: Counted,
    instructions: Counted,
    timing: timing::Timing,
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
    run_knowing(workspace, lab, options, &Known::default())
}

/// As [`run`]; what is known of original and reference is not counted again, and what is counted is known afterwards.
pub fn run_knowing(
    workspace: &Workspace,
    lab: &Lab,
    options: &Options,
    known: &Known,
) -> Result<(Verdict, Vec<String>)> {
    seal::check(workspace, lab)?;
    let solution = workspace.root.join("solutions").join(lab.solution_name()).join(&lab.meta.edit);
    let attempt = match &options.attempt {
        _ if options.reference => Attempt::File(&solution),
        Some(path) if path.is_dir() => Attempt::Folder(path),
        Some(path) => Attempt::File(path),
        None => Attempt::Current,
    };
    let callgrind = options.instructions.then(|| instructions::Callgrind::find(workspace, lab)).transpose()?;
    let arena = arena::lay_out(workspace, lab, &attempt)?;
    let seed = options.seed.unwrap_or_else(fresh_seed);
    let (mut findings, mut database, mut started) = (Findings::default(), None, None);
    let built = match &arena.refused {
        Some(why) => Err(why.clone()),
        None => arena.build(workspace, options.is_timed())?.map_err(|words| format!("it does not compile\n{words}")),
    };
    let ended = match built {
        Err(reason) => Some(Ended { outcome: Outcome::Invalid, reason }),
        Ok(programs) => {
            started = Some(Instant::now());
            if arena.lab.meta.uses_database() {
                runner::has_room()?;
            }
            let held = Database::for_lab(&arena.lab, &programs.original)?;
            database = held.kind();
            let quick = options.quick;
            let stages = stages::Stages { arena: &arena, programs: &programs, database: &held, seed, quick, known };
            run_stages(&stages, callgrind.as_ref(), options.is_timed(), &mut findings)?
        }
    };
    let gates: Vec<_> = arena.lab.meta.gates.iter().map(|gate| judge(gate, &findings.counted.counts[1].1)).collect();
    let timing = findings.timing;
    let (outcome, reason) = match ended {
        Some(ended) => (ended.outcome, ended.reason),
        None => {
            let at_least = arena.lab.meta.faster.filter(|_| options.is_timed());
            let (outcome, reason) = decide(&gates, &timing.decisive(at_least));
            match options.left_out() {
                None => (outcome, reason),
                Some(left_out) => outcome.of_incomplete(reason, left_out, &format!("make verify-{}", lab.nn())),
            }
        }
    };
    // What cannot be read is no reason to lose the verdict; whoever keeps it says so.
    let progress = progress::load(workspace).unwrap_or_default().remove(&lab.name).unwrap_or_default();
    let verdict = Verdict {
        schema: SCHEMA,
        lab: lab.name.clone(),
        seed,
        database,
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
        seconds: started.map_or(0.0, |at| at.elapsed().as_secs_f64()),
    };
    Ok((verdict, arena.ignored))
}

/// Correctness, counts, instructions where they are asked for, time: the first that fails ends it.
fn run_stages(
    stages: &stages::Stages,
    callgrind: Option<&instructions::Callgrind>,
    is_timed: bool,
    findings: &mut Findings,
) -> Result<Option<Ended>> {
    match stages.check()? {
        Ok(cases) => findings.cases = cases,
        Err(ended) => return Ok(Some(ended)),
    }
    match counted(stages)? {
        Ok(counted) => findings.counted = counted,
        Err(ended) => return Ok(Some(ended)),
    }
    if let Some(callgrind) = callgrind {
        match callgrind.count(stages)? {
            Ok(counted) => findings.instructions = counted,
            Err(ended) => return Ok(Some(ended)),
        }
    }
    if is_timed {
        match timing::time(stages)? {
            Ok(timing) => findings.timing = timing,
            Err(ended) => return Ok(Some(ended)),
        }
    }
    Ok(None)
}

/// Counts of all three, where the judge is not blind. Some counts are measured, and a machine that was disturbed for a moment lets the
/// reference miss them: then all are counted once more, before anybody is told that a file must have been edited.
fn counted(stages: &stages::Stages) -> Result<std::result::Result<Counted, Ended>> {
    let gates = &stages.arena.lab.meta.gates;
    let held = |counts: &[(u64, Counts)]| gates.iter().map(|gate| judge(gate, counts)).collect::<Vec<_>>();
    let mut is_repeated = false;
    loop {
        let counted = match stages.count()? {
            Ok(counted) => counted,
            Err(ended) => return Ok(Err(ended)),
        };
        let [original, _, reference] = &counted.counts;
        match why_blind(&held(&original.1), &held(&reference.1)) {
            None => return Ok(Ok(counted)),
            Some(why) if is_repeated => bail!("{why}"),
            Some(_) => stages.known.forget(),
        }
        is_repeated = true;
    }
}

fn by_size(Counted { counts, unit }: &Counted) -> Vec<SubjectCounts> {
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
