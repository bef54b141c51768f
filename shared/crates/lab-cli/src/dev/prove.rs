//! Every lab, proven both ways: the broken program misses its gates, the solution passes, and each known attempt under
//! `solutions/<name>/attempts/` ends in the verdict that its file name begins with.

use std::path::PathBuf;

use anyhow::{Context, Result};
use lab_results::{Outcome, Record};

use crate::args::OnLab;
use crate::catalogue::Lab;
use crate::pristine;
use crate::say;
use crate::terminal::{BAD, GOOD, paint};
use crate::verbs::profile;
use crate::verify::{self, Options};
use crate::workspace::Workspace;

/// The verdicts that an attempt's file name can begin with.
const EXPECTED: [(&str, Outcome); 4] = [
    ("solved-", Outcome::Solved),
    ("not-yet-", Outcome::NotYet),
    ("wrong-answer-", Outcome::WrongAnswer),
    ("invalid-", Outcome::Invalid),
];

/// A culprit below this share of the samples is not what a learner would find.
const CULPRIT_SHARE: f64 = 0.3;

/// Runs all proofs; what did not come out as it must, one sentence each.
pub fn problems(workspace: &Workspace, labs: &[Lab], with_time: bool) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for lab in labs {
        let pristine = pristine_file(workspace, lab)?;
        let mut proofs = vec![("pristine".to_string(), Some(pristine.path().to_path_buf()), Outcome::NotYet)];
        proofs.push(("solution".into(), None, Outcome::Solved));
        for (name, path) in attempts(workspace, lab)? {
            match EXPECTED.iter().find(|(prefix, _)| name.starts_with(prefix)) {
                Some((_, outcome)) => proofs.push((name, Some(path), *outcome)),
                None => problems.push(format!("{}: attempt {name} names no verdict: {EXPECTED:?}", lab.name)),
            }
        }
        for (name, attempt, expected) in proofs {
            let options = Options {
                seed: Some(7),
                quick: !with_time,
                reference: attempt.is_none(),
                attempt,
                ..Options::default()
            };
            let (verdict, _) = verify::run(workspace, lab, &options)?;
            let is_right = verdict.outcome == expected;
            let word = if is_right { paint(GOOD, "proven") } else { paint(BAD, "broken") };
            say!("{word} {} {name}: {}", lab.name, verdict.outcome.as_str());
            if !is_right {
                problems.push(format!(
                    "{}: {name} ended {}, not {}: {}",
                    lab.name,
                    verdict.outcome.as_str(),
                    expected.as_str(),
                    verdict.reason
                ));
            }
        }
        if with_time {
            problems.extend(culprit(workspace, lab)?);
        }
    }
    Ok(problems)
}

/// A CPU profile of the lab as it is now must name the declared culprit in most of its samples' stacks.
fn culprit(workspace: &Workspace, lab: &Lab) -> Result<Option<String>> {
    let on = OnLab { lab: lab.name.clone(), seed: 7, smoke: false, solution: false, json: true };
    let records = profile::collect(workspace, lab, &on, "profile")?;
    let share = records.iter().find_map(|record| match record {
        Record::Profile { top, .. } => {
            top.iter().find(|(frame, _)| frame.contains(&lab.meta.culprit)).map(|(_, share)| *share)
        }
        _ => None,
    });
    let share = share.unwrap_or(0.0);
    say!(
        "{} {} profile names {} in {:.0}% of its samples",
        paint(GOOD, "measured"),
        lab.name,
        lab.meta.culprit,
        share * 100.0
    );
    Ok((share < CULPRIT_SHARE)
        .then(|| format!("{}: the profile names {} in too few samples", lab.name, lab.meta.culprit)))
}

fn pristine_file(workspace: &Workspace, lab: &Lab) -> Result<tempfile::NamedTempFile> {
    let files = pristine::files(workspace, lab)?;
    let text = files.get(&lab.meta.edit).with_context(|| format!("{} has no {}", lab.name, lab.meta.edit))?;
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), text)?;
    Ok(file)
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
