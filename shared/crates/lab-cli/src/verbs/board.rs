//! `lab board`: what many learners handed over, on one page.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use lab_report::{Gone, Learner, board, read_handover};

use crate::error::Usage;
use crate::terminal::{WARN, paint};
use crate::verbs::report::{json_files, write_page, wrote};
use crate::workspace::Workspace;

/// Far more than anybody's progress in all labs.
const LARGEST: u64 = 4 << 20;

/// Writes the board of all files in a folder.
pub fn run(workspace: &Workspace, folder: &Path, out: Option<PathBuf>, is_to_open: bool) -> Result<u8> {
    if !folder.is_dir() {
        let message = format!(
            "{} is no folder: collect what `cargo lab report --json` printed for each learner in one, and name that",
            folder.display()
        );
        return Err(Usage(message).into());
    }
    let (mut learners, mut gone) = (Vec::new(), Vec::new());
    for path in json_files(folder) {
        match learner(&path) {
            Ok(learner) => learners.push(learner),
            Err(skipped) => {
                anstream::eprintln!("{} {}: {}", paint(WARN, "skipped"), skipped.file, skipped.why);
                gone.push(skipped);
            }
        }
    }
    tell_apart(&mut learners);
    learners.sort_by_cached_key(|learner| learner.name.to_lowercase());
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let out = out.unwrap_or_else(|| folder.join("board.html"));
    write_page(&out, &board(at, &learners, &gone))?;
    wrote(workspace, &out, is_to_open)
}

fn learner(path: &Path) -> Result<Learner, Gone> {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let unreadable = |why: String| Gone { file: file.clone(), why };
    let length = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if length > LARGEST {
        return Err(unreadable(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(format!("it cannot be read ({error})")))?;
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
