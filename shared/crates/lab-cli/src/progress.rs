//! What a learner has done so far, kept by the lab's name so that renumbering breaks nothing.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, Result};
use lab_results::Progress;

use crate::workspace::{Workspace, create_folder, write_atomically};

/// The progress of all labs.
pub type All = BTreeMap<String, Progress>;

/// Reads the progress; a broken file is set aside with a warning and loses nothing.
pub fn load(workspace: &Workspace) -> Result<All> {
    let path = path(workspace);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(All::new()),
        Err(error) => return Err(error).with_context(|| format!("Cannot read {}", path.display())),
    };
    match serde_json::from_str(&text) {
        Ok(all) => Ok(all),
        Err(error) => {
            let aside = path.with_extension("broken.json");
            std::fs::rename(&path, &aside)?;
            anstream::eprintln!("{} is not readable ({error}); kept as {}", path.display(), aside.display());
            Ok(All::new())
        }
    }
}

/// Changes one lab's progress under a lock: two programs at once lose neither's change.
pub fn update(workspace: &Workspace, lab: &str, change: impl FnOnce(&mut Progress)) -> Result<()> {
    create_folder(&workspace.state)?;
    let lock = File::create(workspace.state.join("progress.lock")).context("Cannot write to .lab/")?;
    lock.lock()?;
    let mut all = load(workspace)?;
    change(all.entry(lab.to_string()).or_default());
    let mut text = serde_json::to_vec_pretty(&all)?;
    text.push(b'\n');
    write_atomically(&path(workspace), &text)
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.state.join("progress.json")
}
