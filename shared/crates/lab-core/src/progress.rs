//! What a learner has done so far, kept by the lab's name so that renumbering breaks nothing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use lab_results::Progress;

use crate::terminal::{WARN, paint};
use crate::workspace::{Workspace, create_folder, elsewhere, write_atomically};

/// The progress of all labs, those too that are not in this checkout.
pub type All = BTreeMap<String, Progress>;

/// Nobody's progress comes near this; what is larger is something else.
const LARGEST: u64 = 4 << 20;

/// The progress. A file that is not one of ours is set aside, whatever it is, with a word on where: no verb ends because of it.
pub fn load(workspace: &Workspace) -> Result<All> {
    match read(&path(workspace)) {
        Ok(all) => Ok(all.unwrap_or_default()),
        Err(why) => match lock(workspace) {
            Ok(_lock) => Ok(load_locked(workspace)),
            Err(_) => {
                cannot_be_read(workspace, &why, "and nothing can be written there");
                Ok(All::new())
            }
        },
    }
}

/// One lab's progress; that of a beginner where there is none.
pub fn of(workspace: &Workspace, lab: &str) -> Result<Progress> {
    Ok(load(workspace)?.remove(lab).unwrap_or_default())
}

/// Changes one lab's progress under a lock: two programs at once lose neither's change.
pub fn update(workspace: &Workspace, lab: &str, change: impl FnOnce(&mut Progress)) -> Result<()> {
    let _lock = lock(workspace)?;
    let mut all = load_locked(workspace);
    let progress = all.entry(lab.to_string()).or_default();
    let was_solved = progress.solved;
    change(progress);
    if progress.solved && !was_solved {
        progress.solved_at = Some(now());
    }
    let mut text = serde_json::to_vec_pretty(&all)?;
    text.push(b'\n');
    // Where somebody keeps it elsewhere (a folder that is backed up) and has a link to it here, the link stays.
    let path = path(workspace);
    write_atomically(&path.canonicalize().unwrap_or(path), &text)
}

/// The same for what a learner has seen already: where it cannot be kept, that is said, and nothing else fails.
pub fn note(workspace: &Workspace, lab: &str, change: impl FnOnce(&mut Progress)) {
    if let Err(error) = update(workspace, lab, change) {
        crate::complain!("{} this is not noted in your progress: {error:#}", paint(WARN, "careful:"));
    }
}

/// Does what shows the solution from inside: its frames, its lines. Before SOLVED that is help, so it is said before, and noted as soon as it
/// was shown.
pub fn looking_at_solution(
    workspace: &Workspace,
    lab: &str,
    is_solution: bool,
    show: impl FnOnce() -> Result<u8>,
) -> Result<u8> {
    if !is_solution {
        return show();
    }
    if !of(workspace, lab)?.solved {
        crate::complain!(
            "{} {lab} is not SOLVED yet: that you looked is noted beside your result.",
            paint(WARN, "careful:")
        );
    }
    let code = show()?;
    note(workspace, lab, |progress| progress.look_at_solution(now()));
    Ok(code)
}

/// Under the lock: nobody replaces the file between the look at it and its removal.
fn load_locked(workspace: &Workspace) -> All {
    match read(&path(workspace)) {
        Ok(all) => all.unwrap_or_default(),
        Err(why) => {
            set_aside(workspace, &why);
            All::new()
        }
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The progress in a file, nothing where there is no file, or why there is none that can be read.
fn read(path: &Path) -> Result<Option<All>, String> {
    let unreadable = |error| format!("it cannot be read: {error}");
    let file = match std::fs::metadata(path) {
        // A link that leads nowhere is in our way as well.
        Err(error) if error.kind() == ErrorKind::NotFound && path.symlink_metadata().is_err() => return Ok(None),
        found => found.map_err(unreadable)?,
    };
    // Opening a pipe would wait for somebody who writes into it.
    if !file.is_file() {
        return Err("it is not a file".into());
    }
    if file.len() > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| error.to_string())
}

/// Moves what is in the place of the progress out of the way, under a name that nothing has yet.
fn set_aside(workspace: &Workspace, why: &str) {
    let path = path(workspace);
    let mut names = (1..).map(|number| match number {
        1 => path.with_extension("broken.json"),
        number => path.with_extension(format!("broken-{number}.json")),
    });
    let aside = names.find(|aside| aside.symlink_metadata().is_err()).expect("one of all numbers is free");
    match std::fs::rename(&path, &aside) {
        Ok(()) => crate::complain!(
            "{} your progress begins anew: {} did not hold it ({why}). What was there is kept as {}.",
            paint(WARN, "careful:"),
            workspace.show(&path),
            workspace.show(&aside)
        ),
        Err(error) => cannot_be_read(workspace, why, &format!("and it cannot be moved away: {error}")),
    }
}

fn cannot_be_read(workspace: &Workspace, why: &str, besides: &str) {
    let shown = workspace.show(&path(workspace));
    crate::complain!(
        "{} your progress is not shown: {shown} does not hold it ({why}), {besides}",
        paint(WARN, "careful:")
    );
}

fn lock(workspace: &Workspace) -> Result<File> {
    create_folder(&workspace.state)?;
    let path = workspace.state.join("progress.lock");
    // Opening a pipe for writing would wait for its reader.
    if path.metadata().is_ok_and(|file| !file.is_file()) {
        bail!("{} is not a file: remove it, it only serves as a lock", workspace.show(&path));
    }
    let lock = File::options().create(true).append(true).open(&path);
    let lock = lock.with_context(|| format!("Cannot write to {}: {}", workspace.show(&path), elsewhere(&path)))?;
    lock.lock()?;
    Ok(lock)
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.state.join("progress.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_solution_is_looked_at_as_soon_as_it_was_shown_and_not_before() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().to_path_buf();
        let workspace = Workspace { target: root.join("target"), state: root.join(".lab"), root };
        let saw = || of(&workspace, "lab-01-x").expect("progress").saw_solution;
        looking_at_solution(&workspace, "lab-01-x", false, || Ok(0)).expect("shown");
        looking_at_solution(&workspace, "lab-01-x", true, || bail!("does not compile")).expect_err("nothing was shown");
        assert!(!saw());
        assert_eq!(looking_at_solution(&workspace, "lab-01-x", true, || Ok(0)).expect("shown"), 0);
        assert!(saw());
    }
}
