//! Every lab, proven both ways: the broken program misses its gates, the solution passes, and each known attempt under
//! `solutions/<name>/attempts/` ends in the verdict that its file name begins with.

use std::path::PathBuf;

use anyhow::{Context, Result};
use lab_results::Outcome;

use crate::catalogue::Lab;
use crate::pristine;
use crate::say;
use crate::terminal::{BAD, GOOD, paint};
use crate::verify::{self, Options};
use crate::workspace::Workspace;

/// The verdicts that an attempt's file name can begin with.
const EXPECTED: [(&str, Outcome); 4] = [
    ("solved-", Outcome::Solved),
    ("not-yet-", Outcome::NotYet),
    ("wrong-answer-", Outcome::WrongAnswer),
    ("invalid-", Outcome::Invalid),
];

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
    }
    Ok(problems)
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
