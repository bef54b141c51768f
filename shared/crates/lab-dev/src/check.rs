//! The rules that every pair of crates keeps.

use std::path::Path;

use anyhow::Result;

use super::{figures, half_fixes, update};
use lab_core::catalogue::{self, Kind, Lab, Question, Solution};
use lab_core::pristine::{self, Files};
use lab_core::say;
use lab_core::targets::TARGETS;
use lab_core::terminal::{BAD, GOOD, paint};
use lab_core::workspace::Workspace;

/// The sections of a lab's README, in order.
const SECTIONS: [&str; 10] = [
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
];
/// The sections of a solution's README, in order: what is for afterwards.
const SOLUTION_SECTIONS: [&str; 8] = [
    "Why it was slow",
    "What fixes it",
    "What else would",
    "What only seems to",
    "Floor",
    "In production",
    "It has happened",
    "Go further",
];
/// Not of every fault is there an incident that can be named.
const OPTIONAL: &str = "It has happened";
/// How a lab's section Profile says where its tools end.
const LIMITS_OF_TOOLS: &str = "What this tool cannot show you here, and which can";

/// A README that is longer is not read.
const LONGEST_README: usize = 90;

/// All broken rules, one sentence each.
pub fn problems(workspace: &Workspace, labs: &[Lab]) -> Result<Vec<String>> {
    let mut problems: Vec<String> = catalogue::all(workspace)?.1.iter().map(catalogue::Broken::says).collect();
    for lab in labs {
        let mut broken = Vec::new();
        declaration(lab, &mut broken);
        texts(lab, &mut broken);
        match catalogue::solution(workspace, lab) {
            Ok(solution) => pair(workspace, lab, &solution, &mut broken)?,
            Err(error) => broken.push(format!("{error:#}")),
        }
        problems.extend(broken.into_iter().map(|problem| format!("{}: {problem}", lab.name)));
    }
    for pair in labs.windows(2).filter(|pair| pair[0].number == pair[1].number) {
        problems.push(format!("{} and {} have the same number", pair[0].name, pair[1].name));
    }
    let makefile = std::fs::read_to_string(workspace.root.join("Makefile"))?;
    let in_labs = std::fs::read_to_string(workspace.root.join("labs/Makefile")).unwrap_or_default();
    for (target, _) in TARGETS {
        let verb = target.strip_suffix("-NN");
        if !makefile.contains(verb.unwrap_or(target)) {
            problems.push(format!("Makefile has no target {target}"));
        }
        if verb.is_some_and(|verb| !in_labs.split_whitespace().any(|word| word == verb)) {
            problems.push(format!("labs/Makefile does not know {target}"));
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
    for gate in lab.meta.gates.iter().filter(|gate| is_no_sentence_alone(&gate.says)) {
        broken.push(format!("\"{}\" is about another gate: each is read alone", gate.says));
    }
    // What no count of requests sees, and what a first call hides, are looked for in every pure function.
    let every_kernel = ["cpu_time_exponent", "retained_bytes"];
    for count in every_kernel.into_iter().filter(|_| lab.meta.kind == Kind::Kernel) {
        if lab.meta.gates.iter().all(|gate| gate.count != count) {
            broken.push(format!("a kernel lab has a gate on `{count}`"));
        }
    }
    if forgets_its_tests(&lab.folder) {
        broken.push("src/ has tests, and Cargo.toml says `test = false` below [lib]: take the line out".into());
    }
    broken.extend(misplaced(lab.meta.kind, &lab.meta.edit));
    if !lab.folder.join(&lab.meta.edit).is_file() {
        broken.push(format!("the file to edit, {}, is not there", lab.meta.edit));
    }
}

/// What is wrong with the path of the file that the learner edits.
fn misplaced(kind: Kind, edit: &str) -> Option<String> {
    if !edit.starts_with("src/") {
        return Some(format!(
            "the file to edit, {edit}, is not below src/: the judge takes nothing else from a learner"
        ));
    }
    match (kind, edit.ends_with(".rs")) {
        (Kind::File, true) => {
            Some(format!("the file to edit, {edit}, is Rust, and a `file` lab is about another format"))
        }
        (Kind::File, false) | (_, true) => None,
        (_, false) => Some(format!("the file to edit, {edit}, is no Rust: such a lab is of the kind `file`")),
    }
}

/// Whether the library has tests that nobody runs.
fn forgets_its_tests(folder: &Path) -> bool {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let library = manifest.split("\n[").find(|section| section.starts_with("lib]"));
    let mut files = Files::new();
    let is_read = pristine::collect(folder, &folder.join("src"), &mut files).is_ok();
    library.is_some_and(|section| section.lines().any(|line| line == "test = false"))
        && is_read
        && files.values().any(|text| String::from_utf8_lossy(text).contains("#[test]"))
}

/// Whether a gate's text is only understood behind the one above it. In a verdict's reason, and in `watch`, it stands alone.
fn is_no_sentence_alone(says: &str) -> bool {
    says.starts_with("the same") || says.contains("of that")
}

/// `make verify` in a lab's folder, and in those where its code, its bench and its hints are.
const FORWARDERS: [(&str, &str); 4] = [
    ("Makefile", include_str!("../templates/common/lab/Makefile")),
    ("src/Makefile", include_str!("../templates/common/lab/src/Makefile")),
    ("benches/Makefile", include_str!("../templates/common/lab/benches/Makefile")),
    ("hints/Makefile", include_str!("../templates/common/lab/hints/Makefile")),
];

fn forwards(folder: &Path, path: &str, text: &str, broken: &mut Vec<String>) {
    if std::fs::read_to_string(folder.join(path)).ok().as_deref() != Some(text) {
        let place = folder.file_name().unwrap_or_default().to_string_lossy();
        broken.push(format!("{place}/{path} must hand everything on to labs/Makefile: {}", text.trim_end()));
    }
}

fn texts(lab: &Lab, broken: &mut Vec<String>) {
    for (path, text) in FORWARDERS {
        forwards(&lab.folder, path, text, broken);
    }
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
    let found = sections(&readme);
    if found != SECTIONS {
        broken.push(format!("README.md has the sections {found:?}; they are {SECTIONS:?}"));
    }
    if !readme.contains(LIMITS_OF_TOOLS) {
        broken.push(format!("README.md does not say \"{LIMITS_OF_TOOLS}\""));
    }
    if readme.lines().count() > LONGEST_README {
        broken.push(format!("README.md has {} lines, more than {LONGEST_README}", readme.lines().count()));
    }
}

fn sections(readme: &str) -> Vec<&str> {
    readme.lines().filter_map(|line| line.strip_prefix("## ")).map(str::trim).collect()
}

fn pair(workspace: &Workspace, lab: &Lab, solution: &Solution, broken: &mut Vec<String>) -> Result<()> {
    forwards(&solution.folder, "Makefile", include_str!("../templates/common/solution/Makefile"), broken);
    for name in ["README.md", "trainer.md", &lab.meta.edit] {
        if !solution.folder.join(name).is_file() {
            broken.push(format!("{} has no {name}", solution.name));
        }
    }
    let readme = std::fs::read_to_string(solution.folder.join("README.md")).unwrap_or_default();
    let found = sections(&readme);
    let expected = SOLUTION_SECTIONS.into_iter().filter(|section| *section != OPTIONAL || found.contains(section));
    if !expected.eq(found.iter().copied()) {
        broken.push(format!(
            "{}/README.md has the sections {found:?}; they are {SOLUTION_SECTIONS:?}, \"{OPTIONAL}\" where it can be named",
            solution.name
        ));
    }
    broken.extend(solution.meta.diagnosis.iter().filter_map(Question::problem));
    if solution.meta.diagnosis.is_empty() {
        broken.push(format!("{} has no diagnosis", solution.name));
    }
    let (ours, theirs) = (all_files(&lab.folder)?, all_files(&solution.folder)?);
    for (path, text) in &ours {
        if let Some((twin, _)) = theirs.iter().find(|(_, other)| *other == text) {
            broken.push(format!("{path} is identical with {}/{twin}: it belongs to the contract", solution.name));
        }
    }
    broken.extend(half_fixes::problem(workspace, lab, &readme)?);
    figures::problem(lab, solution, broken)
}

fn all_files(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    pristine::collect(folder, folder, &mut files)?;
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_to_edit_fits_the_kind() {
        assert_eq!(misplaced(Kind::Virtual, "src/reserve.rs"), None);
        assert_eq!(misplaced(Kind::File, "src/rules.yml"), None);
        for (kind, edit) in [(Kind::File, "rules.yml"), (Kind::File, "src/rules.rs"), (Kind::Store, "src/rules.sql")] {
            assert!(misplaced(kind, edit).is_some(), "{edit}");
        }
    }

    #[test]
    fn a_gate_is_understood_alone() {
        assert!(is_no_sentence_alone("growth of that with the lines"));
        assert!(is_no_sentence_alone("the same at the least"));
        for name in ["lab-01-string-building", "lab-02-pool-exhaustion", "lab-03-blocked-runtime", "lab-04-n-plus-one"]
        {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../labs").join(name);
            let lab = catalogue::lab(&folder).expect("is declared");
            let mut broken = Vec::new();
            declaration(&lab, &mut broken);
            assert_eq!(broken, Vec::<String>::new(), "{name}");
        }
    }
}
