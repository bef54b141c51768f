//! `lab board`: what many learners handed over, on one page.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use lab_report::{Board, Gone, Learner, Page, read_handover};

use crate::verbs::report::pages::Pages;
use crate::verbs::report::{is_json, list, page_file, text_of, write_page, wrote};
use lab_core::error::Usage;
use lab_core::terminal::{WARN, paint};
use lab_core::workspace::Workspace;

/// Writes the board of all files in a folder.
pub fn run(workspace: &Workspace, folder: &Path, out: Option<PathBuf>, is_to_open: bool) -> Result<u8> {
    if !folder.is_dir() {
        let message = format!(
            "{} is no folder: collect what `cargo lab report --json` printed for each learner in one, and name that",
            folder.display()
        );
        return Err(Usage(message).into());
    }
    let out = page_file(out.as_deref(), || folder.join("board.html"))?;
    let (mut learners, mut gone) = (Vec::new(), Vec::new());
    let files = list(folder).with_context(|| format!("Cannot list {}: make it readable", folder.display()))?;
    for path in files.into_iter().filter(|path| is_json(path)) {
        match learner(&path) {
            Ok(learner) => learners.push(learner),
            Err(skipped) => {
                lab_core::complain!("{} {}: {}", paint(WARN, "skipped"), skipped.file, skipped.why);
                gone.push(skipped);
            }
        }
    }
    tell_apart(&mut learners);
    learners.sort_by_cached_key(|learner| learner.name.to_lowercase());
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if learners.is_empty() {
        let words = "no .json file there is what `cargo lab report --json` printed; the page says so";
        lab_core::complain!("{} {}", paint(WARN, folder.display()), words);
    }
    write_page(&out, &Pages::ready(workspace)?.draw(&Page::Board(Board { at, learners, gone }))?)?;
    wrote(workspace, &out, is_to_open)
}

fn learner(path: &Path) -> Result<Learner, Gone> {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = text_of(path).map_err(|why| Gone { file: file.clone(), why })?;
    let handover = read_handover(&file, &text)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = handover.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or(stem);
    Ok(Learner { file, name, handover })
}

/// Two people may call themselves the same: then the file stands beside the name.
fn tell_apart(learners: &mut [Learner]) {
    let names: Vec<String> = learners.iter().map(|learner| learner.name.clone()).collect();
    for learner in learners {
        if names.iter().filter(|name| **name == learner.name).count() > 1 {
            learner.name = format!("{} ({})", learner.name, learner.file);
        }
    }
}
