//! Where baselines are kept, and how they are read and written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lab_results::Baseline;
use lab_results::baseline::known_schema;
use serde_json::Value;

use crate::error::Usage;
use crate::terminal::quoted;
use crate::workspace::{Workspace, create_folder, elsewhere, write_atomically};

/// A folder of baselines.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    is_named: bool,
}

impl Folder {
    /// The one that was asked for.
    pub fn named(path: PathBuf) -> Self {
        Folder { path, is_named: true }
    }

    /// The checkout's own.
    pub fn shared(workspace: &Workspace) -> Self {
        Folder { path: workspace.root.join("shared/baselines"), is_named: false }
    }

    /// The file of a name that can be one.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 80 || name.starts_with('-') || !name.chars().all(is_plain) {
            let why = "use letters, digits, `-` and `_`, 80 at most, without `.json` and without a folder";
            return Err(
                Usage(format!("`{name}` cannot be a baseline's name: {why} (for that there is --folder)")).into()
            );
        }
        Ok(self.path.join(format!("{name}.json")))
    }

    /// The file of a name that is there.
    pub fn existing(&self, name: &str) -> Result<PathBuf> {
        let path = self.path(name)?;
        if path.is_file() {
            return Ok(path);
        }
        let there = self.names();
        let there = if there.is_empty() { "none yet".into() } else { there.join(", ") };
        Err(Usage(format!("there is no baseline `{name}` in {}; there: {there}", self.path.display())).into())
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        let files = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "json"));
        let mut names: Vec<String> =
            files.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
        names.sort();
        names
    }

    /// What has to be typed to mean this folder.
    pub fn as_argument(&self) -> String {
        if self.is_named { format!(" --folder {}", quoted(&self.path.to_string_lossy())) } else { String::new() }
    }
}

/// Reads a baseline that this program understands. It is called what its file is called.
pub fn read(path: &Path) -> Result<Baseline> {
    let problem = || format!("{} is no baseline", path.display());
    let text = std::fs::read_to_string(path).with_context(|| format!("Cannot read {}", path.display()))?;
    let document: Value = serde_json::from_str(&text).with_context(problem)?;
    let schema = document.get("schema").and_then(Value::as_u64).context("it has no `schema`").with_context(problem)?;
    known_schema(u32::try_from(schema).unwrap_or(u32::MAX)).with_context(problem)?;
    let mut baseline: Baseline = serde_json::from_value(document).with_context(problem)?;
    baseline.check().with_context(problem)?;
    baseline.name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or(baseline.name);
    Ok(baseline)
}

/// Fails where a baseline could not be written later, before anything is counted for it.
pub fn can_write(path: &Path) -> Result<()> {
    let folder = path.parent().context("a baseline's file has a folder")?;
    create_folder(folder)?;
    tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("Cannot write to {}: {}", folder.display(), elsewhere(folder)))?;
    Ok(())
}

/// Writes a baseline, whole or not at all.
pub fn write(path: &Path, baseline: &Baseline) -> Result<()> {
    baseline.check()?;
    let mut text = serde_json::to_vec_pretty(baseline)?;
    text.push(b'\n');
    write_atomically(path, &text)
}
