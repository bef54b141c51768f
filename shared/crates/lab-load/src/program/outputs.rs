//! The files that a run writes: found out before the load whether they can be written, because a run cannot be had again.

use std::fs::{File, OpenOptions};
use std::path::Path;

use anyhow::{Context, Result};

/// Fails where the file could not be written later; an older one is left as it is.
pub fn check(path: &Path) -> Result<()> {
    // A link that leads nowhere yet is somebody's own, and stays.
    let is_new = path.symlink_metadata().is_err();
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.with_context(|| format!("Cannot write to {}: name a file in a folder that is there", path.display()))?;
    if is_new {
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// Writes a file.
pub fn write(path: &Path, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let what = || format!("Failed to write {}", path.display());
    fill(&mut File::create(path).with_context(what)?).with_context(what)
}
