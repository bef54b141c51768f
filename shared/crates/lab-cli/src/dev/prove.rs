//! Every lab, proven both ways: the broken program misses its gates, the solution passes, and each known attempt under
//! `solutions/<name>/attempts/` ends in the verdict that its file name begins with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lab_results::{Outcome, Record, Status, Verdict};

use crate::arena::{self, Attempt};
use crate::catalogue::Lab;
use crate::child::TemporaryFolder;
use crate::pristine::{self, Files};
use crate::runner::{self, Call};
use crate::say;
use crate::terminal::{BAD, GOOD, QUIET, paint};
use crate::verbs::profile;
use crate::verify::{self, Known, Options};
use crate::workspace::Workspace;

/// The verdicts that an attempt's file name can begin with.
const EXPECTED: [(&str, Outcome); 4] = [
    ("solved-", Outcome::Solved),
    ("not-yet-", Outcome::NotYet),
    ("wrong-answer-", Outcome::WrongAnswer),
    ("invalid-", Outcome::Invalid),
];

/// How an attempt says which gates it misses: this, and the names of their counts, on a line of its own; [`TIME`] alone where it passes
/// all of them and is NOT YET, or wrong, where it is timed.
const MISSES: &str = "// misses: ";
const TIME: &str = "time";

/// A culprit below this share of the samples is not what a learner would find.
const CULPRIT_SHARE: f64 = 0.15;
/// Fewer samples in two seconds are a program that waits: a fifth of one core. Lab 02 has some 30 of them, and more where others use the
/// machine's caches; lab 03, which computes a quarter of the time on two cores, has 200.
const SAMPLES_OF_WORK: u64 = 80;
const PROFILE_LIMIT: Duration = Duration::from_secs(60);

/// One attempt and what it must end in.
#[derive(Debug)]
pub struct Proof {
    /// `pristine`, `solution`, or the file's name.
    pub name: String,
    /// The file or folder to verify; the solution itself where none is given.
    pub attempt: Option<PathBuf>,
    /// The verdict.
    pub expected: Outcome,
    /// For a half fix: counts whose gates it must miss, the one that the verdict names first.
    pub misses: Option<Vec<String>>,
    /// Keeps the pristine file while the proof is there.
    _pristine: Option<TemporaryFolder>,
}

impl Proof {
    /// Whether nothing but its time tells it from a solution.
    fn is_of_time(&self) -> bool {
        self.misses.as_deref().is_some_and(|misses| misses.iter().any(|count| count == TIME))
    }

    /// What is not as it must be.
    pub fn problem(&self, verdict: &Verdict) -> Option<String> {
        if verdict.outcome != self.expected {
            let (outcome, expected) = (verdict.outcome.as_str(), self.expected.as_str());
            return Some(format!("{} ended {outcome}, not {expected}: {}", self.name, verdict.reason));
        }
        let missed = verdict.gates.iter().filter(|gate| gate.status == Status::Missed);
        let mut missed: Vec<&str> = missed.map(|gate| gate.count.as_str()).collect();
        if missed.is_empty() && matches!(verdict.outcome, Outcome::NotYet | Outcome::WrongAnswer) {
            missed.push(TIME);
        }
        let expected = self.misses.as_ref()?;
        let is_right = missed.first().copied() == expected.first().map(String::as_str)
            && expected.iter().all(|gate| missed.contains(&gate.as_str()));
        (!is_right).then(|| format!("{} missed {missed:?}, not {expected:?}: {}", self.name, verdict.reason))
    }
}

/// All proofs of a lab: as it is, its solution, and every known attempt.
pub fn proofs(workspace: &Workspace, lab: &Lab) -> Result<Vec<Proof>> {
    let (folder, pristine) = pristine_file(workspace, lab)?;
    let proof =
        |name: &str, expected| Proof { name: name.into(), attempt: None, expected, misses: None, _pristine: None };
    let mut proofs = vec![
        Proof { attempt: Some(pristine), _pristine: Some(folder), ..proof("pristine", Outcome::NotYet) },
        proof("solution", Outcome::Solved),
    ];
    for (name, path) in attempts(workspace, lab)? {
        let known = EXPECTED.iter().find(|(prefix, _)| name.starts_with(prefix));
        let (_, expected) = known.with_context(|| format!("attempt {name} names no verdict: {EXPECTED:?}"))?;
        let misses = misses(&path)?;
        if misses.is_none() && *expected == Outcome::NotYet {
            bail!("attempt {name} does not say which gates it misses: a line `{MISSES}COUNT, COUNT`");
        }
        proofs.push(Proof { attempt: Some(path), misses, ..proof(&name, *expected) });
    }
    Ok(proofs)
}

/// The counts that an attempt says it misses, in any of its files.
fn misses(path: &Path) -> Result<Option<Vec<String>>> {
    let mut files = Files::new();
    pristine::collect(path.parent().unwrap_or(path), path, &mut files)?;
    let texts = files.values().map(|text| String::from_utf8_lossy(text).into_owned());
    let counts =
        texts.into_iter().find_map(|text| Some(text.lines().find_map(|line| line.strip_prefix(MISSES))?.to_string()));
    Ok(counts.map(|counts| counts.split(',').map(|count| count.trim().to_string()).collect()))
}

/// Runs all proofs; what did not come out as it must, one sentence each.
pub fn problems(workspace: &Workspace, labs: &[Lab], with_time: bool) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for lab in labs {
        let known = Known::default();
        for proof in proofs(workspace, lab)? {
            // An answer that is wrong only where it is timed is wrong on any machine; how long something takes is not.
            let is_timed = with_time || proof.is_of_time() && proof.expected == Outcome::WrongAnswer;
            if proof.is_of_time() && !is_timed {
                say!("{} {} {}: its time tells, and nothing else", paint(QUIET, "passed over"), lab.name, proof.name);
                continue;
            }
            let options = Options {
                seed: Some(7),
                quick: !is_timed,
                reference: proof.attempt.is_none(),
                attempt: proof.attempt.clone(),
                ..Options::default()
            };
            let (mut verdict, _) = verify::run_knowing(workspace, lab, &options, &known)?;
            // A quick proof holds an attempt against its counts alone.
            if !is_timed && verdict.outcome == Outcome::CountsPass {
                verdict.outcome = Outcome::Solved;
            }
            let problem = proof.problem(&verdict);
            let word = if problem.is_none() { paint(GOOD, "proven") } else { paint(BAD, "broken") };
            let missed = proof.misses.as_ref().map(|counts| format!(": {}", counts.join(", "))).unwrap_or_default();
            say!("{word} {} {}: {}{missed}", lab.name, proof.name, verdict.outcome.as_str());
            problems.extend(problem.map(|problem| format!("{}: {problem}", lab.name)));
        }
        problems.extend(culprit(workspace, lab)?);
    }
    Ok(problems)
}

/// In a CPU profile of the pristine lab no other function of its own may be in or below more samples than the declared culprit, and
/// a visible share must be. A program that waits has no such profile. Shares of CPU samples depend on what the code does, and not on
/// how busy the machine is. That the solution's share is smaller cannot be asked for: where the culprit is all the work there is, so
/// is its replacement.
fn culprit(workspace: &Workspace, lab: &Lab) -> Result<Option<String>> {
    let arena = arena::lay_out(workspace, lab, &Attempt::Current)?;
    let program = arena.build_with(workspace, "original", "profile")?;
    let out = TemporaryFolder::new()?;
    let folder = out.path().to_str().context("the folder for temporary files is not Unicode")?;
    let arguments = ["profile", "--seed", "7", "--seconds", "2", "--out", folder].map(String::from).into();
    let call = Call { arguments, limit: PROFILE_LIMIT, ..Call::default() };
    let records = runner::run(&program, &call)?.finished()?;
    let samples = records.iter().find_map(|record| match record {
        Record::Profile { samples, .. } => Some(*samples),
        _ => None,
    });
    if samples.is_some_and(|samples| samples < SAMPLES_OF_WORK) {
        say!("{} {}: its CPU profile has too few samples to accuse anybody", paint(QUIET, "waits"), lab.name);
        return Ok(None);
    }
    let folded = std::fs::read_to_string(out.path().join("stacks.folded"))?;
    let (on_top, share) = profile::on_top(&folded, lab).unwrap_or_default();
    let is_right = on_top.ends_with(&format!("::{}", lab.meta.culprit)) && share >= CULPRIT_SHARE;
    let word = if is_right { paint(GOOD, "proven") } else { paint(BAD, "broken") };
    say!("{word} {} profile: {on_top} is on top, in {:.0}% of samples", lab.name, share * 100.0);
    Ok((!is_right).then(|| {
        format!(
            "{}: {on_top} is on top of the profile with {:.0}%, not the culprit {} with at least {:.0}%",
            lab.name,
            share * 100.0,
            lab.meta.culprit,
            CULPRIT_SHARE * 100.0
        )
    }))
}

/// A folder with one file, the pristine one.
fn pristine_file(workspace: &Workspace, lab: &Lab) -> Result<(TemporaryFolder, PathBuf)> {
    let files = pristine::files(workspace, lab)?;
    let text = files.get(&lab.meta.edit).with_context(|| format!("{} has no {}", lab.name, lab.meta.edit))?;
    let folder = TemporaryFolder::new()?;
    let file = folder.path().join("pristine.rs");
    std::fs::write(&file, text)?;
    Ok((folder, file))
}

fn attempts(workspace: &Workspace, lab: &Lab) -> Result<Vec<(String, PathBuf)>> {
    let folder = workspace.root.join("solutions").join(lab.solution_name()).join("attempts");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut attempts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().context("an entry has a name")?.to_string_lossy().into_owned();
        attempts.push((name, path));
    }
    attempts.sort();
    Ok(attempts)
}
