//! The rules that every pair of crates keeps.

use std::path::Path;

use anyhow::Result;

use super::{figures, update};
use crate::catalogue::{self, Lab, Solution};
use crate::pristine::{self, Files};
use crate::say;
use crate::terminal::{BAD, GOOD, paint};
use crate::verbs::help::TARGETS;
use crate::workspace::Workspace;

/// The sections of a lab's README, in order (labs.md, "Format").
const SECTIONS: [&str; 12] = [
    "The ticket",
    "SLO at stake",
    "Time, tools, prerequisites",
    "Reproduce",
    "Measure",
    "Profile",
    "State your diagnosis",
    "Fix",
    "Verify",
    "Hints",
    "In production",
    "Go further",
];

/// A README that is longer is not read.
const LONGEST_README: usize = 120;

/// All broken rules, one sentence each.
pub fn problems(workspace: &Workspace, labs: &[Lab]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for lab in labs {
        let mut broken = Vec::new();
        declaration(lab, &mut broken);
        texts(lab, &mut broken);
        match catalogue::solution(workspace, lab) {
            Ok(solution) => pair(lab, &solution, &mut broken)?,
            Err(error) => broken.push(format!("{error:#}")),
        }
        problems.extend(broken.into_iter().map(|problem| format!("{}: {problem}", lab.name)));
    }
    for pair in labs.windows(2).filter(|pair| pair[0].number == pair[1].number) {
        problems.push(format!("{} and {} have the same number", pair[0].name, pair[1].name));
    }
    let makefile = std::fs::read_to_string(workspace.root.join("Makefile"))?;
    for (target, _) in TARGETS {
        if !makefile.contains(target.trim_end_matches("-NN")) {
            problems.push(format!("Makefile has no target {target}"));
        }
    }
    problems.extend(update::stale(workspace)?);
    Ok(problems)
}

/// Prints the problems, or that there are none.
pub fn report(labs: &[Lab], problems: &[String]) -> Result<u8> {
    for problem in problems {
        say!("{} {problem}", paint(BAD, "broken"));
    }
    if problems.is_empty() {
        say!("{} {} labs keep the rules", paint(GOOD, "ok"), labs.len());
    }
    Ok(if problems.is_empty() { 0 } else { 1 })
}

fn declaration(lab: &Lab, broken: &mut Vec<String>) {
    if !(1..=4).contains(&lab.meta.part) {
        broken.push(format!("part {} is none of the curriculum's four", lab.meta.part));
    }
    if lab.symptom.trim().is_empty() {
        broken.push("`description` must be the one-line symptom".into());
    }
    if lab.meta.gates.is_empty() {
        broken.push("a lab has at least one gate".into());
    }
    for gate in lab.meta.gates.iter().filter(|gate| !(1..=4).contains(&gate.hint)) {
        broken.push(format!("gate on `{}` names hint {}, there are 1 to 4", gate.count, gate.hint));
    }
    if !lab.folder.join(&lab.meta.edit).is_file() {
        broken.push(format!("the file to edit, {}, is not there", lab.meta.edit));
    }
}

fn texts(lab: &Lab, broken: &mut Vec<String>) {
    for level in 1..=4 {
        let hint = lab.folder.join(format!("hints/{level}.md"));
        if std::fs::read_to_string(&hint).map_or(true, |text| text.trim().is_empty()) {
            broken.push(format!("hints/{level}.md is missing or empty"));
        }
    }
    let Ok(readme) = std::fs::read_to_string(lab.folder.join("README.md")) else {
        broken.push("README.md is missing".into());
        return;
    };
    let sections: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("## ")).map(str::trim).collect();
    if sections != SECTIONS {
        broken.push(format!("README.md has the sections {sections:?}; they are {SECTIONS:?}"));
    }
    if readme.lines().count() > LONGEST_README {
        broken.push(format!("README.md has {} lines, more than {LONGEST_README}", readme.lines().count()));
    }
}

fn pair(lab: &Lab, solution: &Solution, broken: &mut Vec<String>) -> Result<()> {
    for name in ["README.md", "trainer.md", &lab.meta.edit] {
        if !solution.folder.join(name).is_file() {
            broken.push(format!("{} has no {name}", solution.name));
        }
    }
    for question in &solution.meta.diagnosis {
        if !(1..=question.choices.len()).contains(&question.answer) {
            broken.push(format!("the answer to \"{}\" is none of its choices", question.question));
        }
    }
    if solution.meta.diagnosis.is_empty() {
        broken.push(format!("{} has no diagnosis", solution.name));
    }
    let (ours, theirs) = (all_files(&lab.folder)?, all_files(&solution.folder)?);
    for (path, text) in &ours {
        if let Some((twin, _)) = theirs.iter().find(|(_, other)| *other == text) {
            broken.push(format!("{path} is identical with {}/{twin}: it belongs to the contract", solution.name));
        }
    }
    figures::problem(solution, broken)
}

fn all_files(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    pristine::collect(folder, folder, &mut files)?;
    Ok(files)
}
