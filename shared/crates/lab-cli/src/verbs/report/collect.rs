//! Reads everything that is on disk of the labs. What cannot be read is named on the page, and hides nothing else.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use lab_report::{Answer, Diff, Gone, Report, Verb};
use lab_results::Progress;

use super::Options;
use crate::catalogue::{self, Lab};
use crate::kept::{self, SUBJECTS};
use crate::machine;
use crate::progress;
use crate::verbs::diff;
use crate::workspace::Workspace;

/// A page of pictures of this size would open nowhere. Ours have less than a tenth of it.
const LARGEST: u64 = 4 << 20;

/// Everything that a report on these labs shows.
pub fn report(workspace: &Workspace, labs: &[Lab], options: &Options) -> Result<Report> {
    let mut all = progress::load(workspace)?;
    let labs = labs.iter().map(|lab| {
        let progress = all.remove(&lab.name).unwrap_or_default();
        on_disk(workspace, lab, progress, options)
    });
    Ok(Report {
        labs: labs.collect::<Result<_>>()?,
        at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        machine: machine::describe(),
        name: options.name.clone(),
    })
}

fn on_disk(workspace: &Workspace, lab: &Lab, progress: Progress, options: &Options) -> Result<lab_report::Lab> {
    let mut found = lab_report::Lab {
        name: lab.name.clone(),
        number: lab.number,
        slug: lab.slug.clone(),
        part: lab.meta.part,
        minutes: lab.meta.minutes,
        symptom: lab.symptom.clone(),
        ..Default::default()
    };
    found.readme = text_of(workspace, &lab.folder.join("README.md"), &mut found.gone).unwrap_or_default();
    for path in json_files(&workspace.lab_target(&lab.name).join("runs")) {
        if let Some(text) = text_of(workspace, &path, &mut found.gone) {
            found.add_verdict(&workspace.show(&path), &text);
        }
    }
    for (verb, name) in [(Verb::Reproduce, "reproduce"), (Verb::Profile, "profile"), (Verb::Heap, "heap")] {
        for subject in SUBJECTS {
            let folders = [false, true].map(|is_smoke| kept::folder(workspace, lab, name, subject, is_smoke));
            let Some(folder) = folders.into_iter().find(|folder| folder.is_dir()) else { continue };
            let run = folder.join(kept::FILE);
            let text = text_of(workspace, &run, &mut found.gone);
            let svg = text_of(workspace, &folder.join("flamegraph.svg"), &mut found.gone);
            let shown = workspace.show(&run);
            found.add_program(verb, subject, text.as_deref().map(|text| (shown.as_str(), text)), svg);
        }
    }
    found.answers = answers(workspace, lab, &progress)?;
    if options.solution_diff || progress.solved {
        let (fix, text) = diff::unified(workspace, lab)?;
        found.diff = Some(Diff { fix, text });
    }
    if options.solution_diff {
        progress::update(workspace, &lab.name, |progress| progress.saw_solution = true)?;
    }
    found.progress = progress;
    Ok(found)
}

/// The diagnosis that was given, with its grades. Choices of other questions than the lab's own now are left out.
fn answers(workspace: &Workspace, lab: &Lab, progress: &Progress) -> Result<Vec<Answer>> {
    if progress.choices.is_empty() {
        return Ok(Vec::new());
    }
    let questions = catalogue::solution(workspace, lab)?.meta.diagnosis;
    let chosen = questions.into_iter().zip(&progress.choices).filter_map(|(question, choice)| {
        let text = question.choices.get(choice.checked_sub(1)?)?.clone();
        let because = (question.answer == *choice).then_some(question.because);
        Some(Answer { question: question.question, choice: text, because })
    });
    Ok(chosen.collect())
}

/// The files of a folder that hold runs; none where there is no folder.
pub fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    files
}

/// A file's text. Nothing where there is no file; a file that cannot be read is noted.
fn text_of(workspace: &Workspace, path: &Path, gone: &mut Vec<Gone>) -> Option<String> {
    let mut note = |why: String| {
        gone.push(Gone { file: workspace.show(path), why });
        None
    };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Ok(file) if file.len() > LARGEST => return note(format!("it is larger than {} MiB", LARGEST >> 20)),
        _ => {}
    }
    match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) => note(format!("it cannot be read ({error})")),
    }
}
