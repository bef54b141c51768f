//! Where everything is.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The folders that `lab` works with.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The repository: where the workspace's manifest is.
    pub root: PathBuf,
    /// Cargo's target directory: everything in it can be built again.
    pub target: PathBuf,
    /// What must survive `cargo clean`: progress, attempts, pristine sources.
    pub state: PathBuf,
}

impl Workspace {
    /// Finds the workspace around the current folder, or around this program's own manifest when Cargo runs it from elsewhere.
    pub fn find() -> Result<Self> {
        let here = std::env::current_dir().context("Failed to read the current folder")?;
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let root = [Some(here), manifest_dir]
            .into_iter()
            .flatten()
            .find_map(|start| start.ancestors().find(|folder| is_root(folder)).map(Path::to_path_buf))
            .context("This is not inside an OrderFlow Performance Labs checkout: change into its folder first")?;
        let target = target_directory(&root);
        let state = std::env::var_os("LAB_STATE").map_or_else(|| root.join(".lab"), PathBuf::from);
        Ok(Workspace { root, target, state })
    }

    /// Where a lab's builds, profiles and runs go.
    pub fn lab_target(&self, lab: &str) -> PathBuf {
        self.target.join("lab").join(lab)
    }

    /// Where tools go that we build for people.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// A path as people want to read it: relative to the repository where it lies in it.
    pub fn show(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

fn is_root(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file() && folder.join("shared/crates/lab-cli/Cargo.toml").is_file()
}

fn target_directory(root: &Path) -> PathBuf {
    if let Some(target) = std::env::var_os("CARGO_TARGET_DIR") {
        let target = PathBuf::from(target);
        return if target.is_absolute() { target } else { root.join(target) };
    }
    // Cargo may have been told elsewhere; this program lies in `<target>/release/lab`.
    let own = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.to_path_buf()));
    own.filter(|target| target.join("CACHEDIR.TAG").is_file()).unwrap_or_else(|| root.join("target"))
}

/// Creates a folder, with a message that says what to do when that fails.
pub fn create_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| {
        format!("Cannot write to {}: make it writable, or set CARGO_TARGET_DIR to a folder that is", folder.display())
    })
}

/// Replaces a file in one step: a reader or a crash sees the old text or the new one, never half of it.
pub fn write_atomically(path: &Path, text: &[u8]) -> Result<()> {
    use std::io::Write;

    let Some(folder) = path.parent() else { bail!("{} has no folder", path.display()) };
    create_folder(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("Cannot write to {}: make it writable", folder.display()))?;
    file.write_all(text)?;
    file.persist(path).with_context(|| format!("Failed to write {}", path.display()))?;
    Ok(())
}

/// Writes a file only if its text differs, so that Cargo does not see a change where there is none.
pub fn write_if_changed(path: &Path, text: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    write_atomically(path, text)
}
