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
        // From the root, wherever somebody stands: `scripts/lab` takes it so, too.
        let state = std::env::var_os("LAB_STATE").filter(|state| !state.is_empty());
        let state = root.join(state.unwrap_or_else(|| ".lab".into()));
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

/// Where Cargo builds when it is started as we were: told by a variable, else where this program lies, else its default.
fn target_directory(root: &Path) -> PathBuf {
    let told = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"].into_iter().find_map(std::env::var_os);
    if let Some(target) = told.filter(|target| !target.is_empty()) {
        // Cargo takes such a path from the folder where it is started.
        return std::path::absolute(&target).unwrap_or_else(|_| root.join(target));
    }
    let own = std::env::current_exe().ok();
    own.and_then(|exe| target_around(&exe)).unwrap_or_else(|| root.join("target"))
}

/// The target folder that a program lies in: `<target>/release/lab`, or `<target>/<triple>/release/lab`. Cargo marks it.
fn target_around(program: &Path) -> Option<PathBuf> {
    program.ancestors().skip(2).take(2).find(|folder| folder.join("CACHEDIR.TAG").is_file()).map(Path::to_path_buf)
}

/// Creates a folder, with a message that says what to do when that fails.
pub fn create_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| cannot_write(folder))
}

fn cannot_write(folder: &Path) -> String {
    format!("Cannot write to {}: {}", folder.display(), elsewhere(folder))
}

/// What somebody can do who cannot write there. Progress and attempts are not moved by what moves the builds, and sources by neither.
pub fn elsewhere(path: &Path) -> String {
    match Workspace::find() {
        Ok(workspace) => advice(path, &workspace),
        Err(_) => "make it writable".into(),
    }
}

fn advice(path: &Path, workspace: &Workspace) -> String {
    let moved_by = |variable| format!("make it writable, or set {variable} to a folder that is");
    if path.starts_with(&workspace.state) {
        moved_by("LAB_STATE")
    } else if path.starts_with(&workspace.target) {
        moved_by("CARGO_TARGET_DIR")
    } else {
        "make it writable".into()
    }
}

/// What is in a file. A pipe in its place is an error: reading it would wait for somebody who writes into it.
pub fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    std::fs::read(path)
}

/// Replaces a file in one step: a reader or a crash sees the old text or the new one, never half of it. The file keeps its mode; a new
/// one gets what the user's umask leaves. A link stays one: the file that it leads to is replaced.
///
/// # Errors
/// The file cannot be written, or what bears its name is no file: a device or a pipe is not replaced.
pub fn write_atomically(path: &Path, text: &[u8]) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    let behind = if path.is_symlink() { path.canonicalize().ok() } else { None };
    let path = behind.as_deref().unwrap_or(path);
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        bail!("{} is a device or a pipe, and no file", path.display());
    }
    let Some(folder) = path.parent() else { bail!("{} has no folder", path.display()) };
    create_folder(folder)?;
    let mode = std::fs::metadata(path).ok().filter(|found| found.is_file()).map(|found| found.permissions());
    let mut file = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .with_context(|| cannot_write(folder))?;
    file.write_all(text).with_context(|| format!("Failed to write {}", path.display()))?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode).with_context(|| format!("Failed to write {}", path.display()))?;
    }
    file.persist(path).with_context(|| format!("Failed to write {}", path.display()))?;
    Ok(())
}

/// Writes a file only if its text differs, so that Cargo does not see a change where there is none.
pub fn write_if_changed(path: &Path, text: &[u8]) -> Result<()> {
    if read_file(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    write_atomically(path, text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_keeps_its_mode_and_a_new_one_has_an_ordinary_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mode = |name: &str| {
            let found = std::fs::metadata(folder.path().join(name)).expect("there");
            found.permissions().mode() & 0o777
        };
        std::fs::write(folder.path().join("by-hand"), "").expect("written");
        write_atomically(&folder.path().join("ours"), b"new").expect("written");
        assert_eq!(mode("ours"), mode("by-hand"));
        for wanted in [0o640, 0o755, 0o444] {
            let path = folder.path().join("by-hand");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(wanted)).expect("set");
            write_atomically(&path, b"again").expect("written");
            assert_eq!((mode("by-hand"), std::fs::read(&path).expect("read")), (wanted, b"again".to_vec()));
        }
    }

    #[test]
    fn a_link_stays_one_and_a_pipe_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [file, link, pipe] = ["file", "link", "pipe"].map(|name| folder.path().join(name));
        std::fs::write(&file, "old").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        write_atomically(&link, b"new").expect("written");
        assert!(link.is_symlink() && std::fs::read(&file).expect("read") == b"new");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
        assert!(read_file(&pipe).expect_err("no file").to_string().contains("no file"));
        let said = write_if_changed(&pipe, b"new").expect_err("no file").to_string();
        assert!(said.contains("pipe") && !std::fs::metadata(&pipe).expect("there").is_file(), "{said}");
    }

    #[test]
    fn the_target_folder_is_found_around_the_program_with_or_without_a_triple() {
        let target = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(target.path().join("CACHEDIR.TAG"), "").expect("written");
        for program in ["release/lab", "x86_64-unknown-linux-gnu/release/lab"] {
            assert_eq!(target_around(&target.path().join(program)).as_deref(), Some(target.path()), "{program}");
        }
        assert_eq!(target_around(Path::new("/usr/bin/lab")), None);
    }

    #[test]
    fn a_folder_that_cannot_be_written_says_which_variable_moves_it_if_one_does() {
        let workspace = Workspace { root: "/x".into(), target: "/x/target".into(), state: "/x/.lab".into() };
        let said = |path: &str| advice(Path::new(path), &workspace);
        assert!(said("/x/.lab/attempts").contains("LAB_STATE"));
        assert!(said("/x/target/lab").contains("CARGO_TARGET_DIR"));
        for neither in ["/x/labs/lab-01-string-building/src", "/home/me/report.html"] {
            assert_eq!(said(neither), "make it writable");
        }
    }
}
