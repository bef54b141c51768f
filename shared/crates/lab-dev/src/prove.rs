//! Every lab, proven both ways: the broken program misses its gates, the solution passes, and each known attempt under
//! `solutions/<name>/attempts/` ends in the verdict that its file name begins with.

mod attempts;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab_results::{Outcome, Record, Status, Verdict};

use self::attempts::{MISSES, Said, TIME, attempts, said};
use lab_core::arena::{self, Attempt, Together};
use lab_core::catalogue::Lab;
use lab_core::child::TemporaryFolder;
use lab_core::database::Database;
use lab_core::on_top::on_top;
use lab_core::runner::{self, Call};
use lab_core::say;
use lab_core::seal;
use lab_core::terminal::{BAD, GOOD, QUIET, paint, spinner};
use lab_core::verify::{self, Known, Options};
use lab_core::workspace::Workspace;

/// The verdicts that an attempt's file name can begin with.
const EXPECTED: [(&str, Outcome); 4] = [
    ("solved-", Outcome::Solved),
    ("not-yet-", Outcome::NotYet),
    ("wrong-answer-", Outcome::WrongAnswer),
    ("invalid-", Outcome::Invalid),
];

/// All proofs start from this seed.
const SEED: u64 = 7;

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
    /// What is verified.
    pub attempt: Attempt,
    /// The verdict.
    pub expected: Outcome,
    /// For a half fix: counts whose gates it must miss, the one that the verdict names first.
    pub misses: Option<Vec<String>>,
    /// Its first sentence: what somebody thought.
    pub about: String,
    /// Whether it has to be built by itself.
    is_apart: bool,
}

impl Proof {
    /// Whether nothing but its time tells it from a solution.
    pub fn is_of_time(&self) -> bool {
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
    let proof = |name: &str, attempt, expected| Proof {
        name: name.into(),
        attempt,
        expected,
        misses: None,
        about: String::new(),
        is_apart: false,
    };
    let mut proofs = vec![
        proof("pristine", Attempt::Original, Outcome::NotYet),
        proof("solution", Attempt::Reference, Outcome::Solved),
    ];
    for (name, path) in attempts(workspace, lab)? {
        let known = EXPECTED.iter().find(|(prefix, _)| name.starts_with(prefix));
        let (_, expected) = known.with_context(|| format!("attempt {name} names no verdict: {EXPECTED:?}"))?;
        let Said { misses, is_apart, about } = said(&path)?;
        if misses.is_none() && *expected == Outcome::NotYet {
            bail!("attempt {name} does not say which gates it misses: a comment `{MISSES}COUNT, COUNT`");
        }
        proofs.push(Proof { misses, about, is_apart, ..proof(&name, Attempt::Path(path), *expected) });
    }
    Ok(proofs)
}

/// Runs all proofs; what did not come out as it must, one sentence each.
pub fn problems(workspace: &Workspace, labs: &[Lab], with_time: bool) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for lab in labs {
        let began = Instant::now();
        let proofs = proofs(workspace, lab)?;
        // An answer that is wrong only where it is timed is wrong on any machine; how long something takes is not.
        let is_timed = |proof: &Proof| with_time || proof.is_of_time() && proof.expected == Outcome::WrongAnswer;
        let (passed_over, proofs): (Vec<&Proof>, Vec<&Proof>) =
            proofs.iter().partition(|proof| proof.is_of_time() && !is_timed(proof));
        for proof in passed_over {
            say!("{} {} {}: its time tells, and nothing else", paint(QUIET, "passed over"), lab.name, proof.name);
        }
        let (apart, together): (Vec<&Proof>, Vec<&Proof>) =
            proofs.into_iter().partition(|proof| proof.is_apart || is_timed(proof));
        let left = self::together(workspace, lab, &together, |proof, verdict| {
            problems.extend(held(lab, proof, verdict, false));
        })?;
        let apart = [left, apart].concat();
        for proof in apart {
            let is_timed = is_timed(proof);
            let attempt = proof.attempt.clone();
            let options = Options { seed: Some(SEED), quick: !is_timed, attempt, ..Options::default() };
            let (verdict, _) = verify::run(workspace, lab, &options)?;
            problems.extend(held(lab, proof, verdict, is_timed));
        }
        problems.extend(culprit(workspace, lab)?);
        // `.ci/run` adds up the seconds.
        say!("proven in {:.1} s: {}", began.elapsed().as_secs_f64(), lab.name);
    }
    Ok(problems)
}

/// How many attempts are judged at once. A server has a hundred connections for all who ask, and an attempt that takes as many as it can
/// get would leave none to its neighbour.
fn at_once(database: &Database) -> usize {
    if database.is_server() { 1 } else { std::thread::available_parallelism().map_or(1, NonZero::get) }
}

/// Judges, without a clock, what can be built together; what came of it is told in the order of the proofs. Returns what cannot.
pub fn together<'a>(
    workspace: &Workspace,
    lab: &Lab,
    proofs: &[&'a Proof],
    mut came: impl FnMut(&'a Proof, Verdict),
) -> Result<Vec<&'a Proof>> {
    let attempts: Vec<_> = proofs.iter().map(|proof| (proof.name.as_str(), &proof.attempt)).collect();
    seal::check(workspace, lab)?;
    let together = Together::lay_out(workspace, lab, &attempts)?;
    let lab = &together.arena.lab;
    let built = together.build(workspace)?;
    let (mut judged, mut left) = (Vec::new(), Vec::new());
    for proof in proofs {
        match built.get(proof.name.as_str()) {
            Some(programs) => judged.push((*proof, programs)),
            None => left.push(*proof),
        }
    }
    let Some((_, programs)) = judged.first() else { return Ok(left) };
    let (database, known) = (verify::database_for(lab, programs)?, Known::default());
    let (next, bar) = (AtomicUsize::new(0), spinner(format!("Judging the known attempts on {}", lab.name)));
    let judge = |sender: Sender<(usize, Result<Verdict>)>| {
        loop {
            let i = next.fetch_add(1, SeqCst);
            let Some((_, programs)) = judged.get(i) else { return };
            let verdict = verify::counts_only(workspace, lab, programs, &database, SEED, &known);
            if sender.send((i, verdict)).is_err() {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        let (sender, verdicts) = channel();
        for _ in 0..at_once(&database) {
            let sender = sender.clone();
            scope.spawn(|| judge(sender));
        }
        drop(sender);
        let (mut early, mut told) = (BTreeMap::new(), 0);
        for (i, verdict) in verdicts {
            early.insert(i, verdict?);
            while let Some(verdict) = early.remove(&told) {
                bar.suspend(|| came(judged[told].0, verdict));
                told += 1;
            }
        }
        bar.finish_and_clear();
        Ok(left)
    })
}

/// Says what came of a proof; the sentence about what is not as it must be.
fn held(lab: &Lab, proof: &Proof, mut verdict: Verdict, is_timed: bool) -> Option<String> {
    // A quick proof holds an attempt against its counts alone.
    if !is_timed && verdict.outcome == Outcome::CountsPass {
        verdict.outcome = Outcome::Solved;
    }
    let problem = proof.problem(&verdict);
    let word = if problem.is_none() { paint(GOOD, "proven") } else { paint(BAD, "broken") };
    let missed = proof.misses.as_ref().map(|counts| format!(": {}", counts.join(", "))).unwrap_or_default();
    let lasted = verify::lasted(&verdict).map(|lasted| paint(QUIET, format!(" ({lasted})"))).unwrap_or_default();
    say!("{word} {} {}: {}{missed}{lasted}", lab.name, proof.name, verdict.outcome.as_str());
    problem.map(|problem| format!("{}: {problem}", lab.name))
}

/// In a CPU profile of the pristine lab no other function of its own may be in or below more samples than the declared culprit, and
/// a visible share must be. A program that waits has no such profile. Shares of CPU samples depend on what the code does, and not on
/// how busy the machine is. That the solution's share is smaller cannot be asked for: where the culprit is all the work there is, so
/// is its replacement.
fn culprit(workspace: &Workspace, lab: &Lab) -> Result<Option<String>> {
    let Some(culprit) = &lab.meta.culprit else { return Ok(None) };
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
    let (on_top, share) = on_top(&folded, lab).unwrap_or_default();
    let is_right = on_top.ends_with(&format!("::{culprit}")) && share >= CULPRIT_SHARE;
    let word = if is_right { paint(GOOD, "proven") } else { paint(BAD, "broken") };
    say!("{word} {} profile: {on_top} is on top, in {:.0}% of samples", lab.name, share * 100.0);
    Ok((!is_right).then(|| {
        format!(
            "{}: {on_top} is on top of the profile with {:.0}%, not the culprit {} with at least {:.0}%",
            lab.name,
            share * 100.0,
            culprit,
            CULPRIT_SHARE * 100.0
        )
    }))
}
