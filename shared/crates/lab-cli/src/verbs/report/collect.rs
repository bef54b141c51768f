//! Reads everything that is on disk of the labs. What cannot be read is named on the page, and hides nothing else.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use lab_report::{Answer, Diff, Gone, Picture, Report, older_subject};
use lab_results::Progress;

use super::Options;
use crate::verbs::diff;
use lab_core::catalogue::{self, Lab};
use lab_core::kept::{self, SMALLEST, SUBJECTS};
use lab_core::progress;
use lab_core::workspace::Workspace;
use lab_core::{machine, next};

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
    let mut disk = Disk { workspace, gone: Vec::new() };
    let mut found = lab_report::Lab {
        name: lab.name.clone(),
        number: lab.number,
        slug: lab.slug.clone(),
        part: lab.meta.part,
        minutes: lab.meta.minutes,
        faster: lab.meta.faster,
        looks: next::looks(lab).into_iter().map(|(verb, _)| verb.into()).collect(),
        symptom: lab.symptom.clone(),
        ..Default::default()
    };
    let folder = workspace.lab_target(&lab.name);
    found.readme = disk.text(&lab.folder.join("README.md")).unwrap_or_default();
    for path in disk.list(&folder.join("runs")).into_iter().filter(|path| is_json(path)) {
        if let Some(text) = disk.text(&path) {
            found.add_verdict(&workspace.show(&path), &text);
        }
    }
    for verb in disk.list(&folder).into_iter().filter(|path| path.is_dir()) {
        runs_of(&verb, &mut disk, &mut found);
    }
    found.gone.append(&mut disk.gone);
    found.answers = answers(workspace, lab, &progress)?;
    if options.solution_diff || progress.solved {
        let (fix, text) = diff::unified(workspace, lab)?;
        found.diff = Some(Diff { fix, text });
    }
    if options.solution_diff {
        progress::note(workspace, &lab.name, |progress| progress.look_at_solution(progress::now()));
    }
    found.progress = progress;
    Ok(found)
}

/// The last runs of a verb, on every subject: `VERB/SUBJECT/run.json` with the flamegraphs beside it.
fn runs_of(verb: &Path, disk: &mut Disk, found: &mut lab_report::Lab) {
    let mut folders = disk.list(verb);
    folders.retain(|path| path.is_dir());
    let subject_of = |folder: &Path| older_subject(name(folder).trim_end_matches(SMALLEST));
    folders.sort_by_key(|path| SUBJECTS.iter().position(|known| *known == subject_of(path)).unwrap_or(SUBJECTS.len()));
    for folder in &folders {
        let subject = subject_of(folder);
        // The smallest size stands in where there is nothing larger, and an older version's run where there is none of this version.
        if name(folder) != subject && folders.iter().any(|other| is_better(&name(other), &name(folder), &subject)) {
            continue;
        }
        let is_picture = |path: &PathBuf| name(path).starts_with("flamegraph") && name(path).ends_with(".svg");
        let mut drawn: Vec<PathBuf> = disk.list(folder).into_iter().filter(is_picture).collect();
        drawn.sort_by_key(|path| name(path).trim_end_matches(".svg").to_string());
        let pictures = drawn.iter().filter_map(|path| Some(Picture { file: name(path), svg: disk.text(path)? }));
        let pictures = pictures.collect();
        let run = folder.join(kept::FILE);
        let (shown, text) = (disk.workspace.show(&run), disk.text(&run));
        found.add_program(&name(verb), &subject, text.as_deref().map(|text| (shown.as_str(), text)), pictures);
    }
}

/// Whether one folder's run of a subject is to be shown rather than another's: the whole before the smallest size, then the name that the
/// subject has now.
fn is_better(one: &str, other: &str, subject: &str) -> bool {
    let rank = |folder: &str| (folder.ends_with(SMALLEST), folder.trim_end_matches(SMALLEST) != subject);
    older_subject(one.trim_end_matches(SMALLEST)) == subject && rank(one) < rank(other)
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

/// What is on disk, and a note of what there cannot be read.
struct Disk<'a> {
    workspace: &'a Workspace,
    gone: Vec<Gone>,
}

impl Disk<'_> {
    /// What is in a folder, by name; nothing where there is none.
    fn list(&mut self, folder: &Path) -> Vec<PathBuf> {
        match list(folder) {
            Ok(paths) => paths,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                self.note(folder, format!("it cannot be listed ({error})"));
                Vec::new()
            }
        }
    }

    /// A file's text; nothing where there is none.
    fn text(&mut self, path: &Path) -> Option<String> {
        if path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return None;
        }
        text_of(path).map_err(|why| self.note(path, why)).ok()
    }

    fn note(&mut self, path: &Path, why: String) {
        self.gone.push(Gone { file: self.workspace.show(path), why });
    }
}

/// What is in a folder, by name.
pub fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// Whether that is what a file is called that holds one of our documents.
pub fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// A file's text, or why there is none that we can show.
pub fn text_of(path: &Path) -> Result<String, String> {
    let unreadable = |error| format!("it cannot be read ({error})");
    let file = std::fs::metadata(path).map_err(unreadable)?;
    // Reading a pipe that somebody put there would never end.
    if !file.is_file() {
        return Err("it is no file".into());
    }
    if file.len() > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
