use crate::StoreError;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PREFIX: &str = "orderflow-lab-";
/// Locked for as long as the process lives that made the folder, however that process ends.
const LOCK: &str = "janitor.lock";
/// How long a process that is being killed may still write into the folder.
const STRAGGLERS: Duration = Duration::from_secs(3);

/// A temporary folder for one database. Making one also removes those whose makers were killed before they could.
#[derive(Debug)]
pub(super) struct Folder {
    dir: Option<TempDir>,
    path: PathBuf,
    _lock: File,
}

impl Folder {
    pub(super) fn create() -> Result<Self, StoreError> {
        sweep(&std::env::temp_dir());
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir().map_err(StoreError::io(format!(
            "make a folder in {} (set TMPDIR to another)",
            std::env::temp_dir().display()
        )))?;
        let lock = lock(dir.path()).map_err(StoreError::io(format!("lock {}", dir.path().display())))?;
        Ok(Folder { path: dir.path().to_owned(), dir: Some(dir), _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn remove(&mut self) -> Result<(), StoreError> {
        let Some(dir) = self.dir.take() else { return Ok(()) };
        remove_folder(dir.path()).map_err(StoreError::io(format!("remove {}", self.path.display())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody is left to tell; the next folder's sweep tries again.
        let _ = self.remove();
    }
}

/// The lock gets its name only when it is held, so that a sweep never sees it free while its maker lives.
fn lock(folder: &Path) -> io::Result<File> {
    let unnamed = folder.join("janitor.lock.new");
    let file = File::create_new(&unnamed)?;
    file.try_lock()?;
    fs::rename(unnamed, folder.join(LOCK))?;
    Ok(file)
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    let deadline = Instant::now() + STRAGGLERS;
    loop {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(20)),
            result => return result,
        }
    }
}

/// Removes what makers that were killed left behind: folders of ours whose lock is free.
fn sweep(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            // A folder that cannot be swept is somebody else's, or the next run's business.
            let _ = sweep_folder(&entry.path());
        }
    }
}

fn sweep_folder(folder: &Path) -> io::Result<()> {
    let is_ours = fs::symlink_metadata(folder.join(LOCK))?.uid() == rustix::process::geteuid().as_raw();
    if is_ours && fs::symlink_metadata(folder)?.is_dir() {
        let lock = File::open(folder.join(LOCK))?;
        if lock.try_lock().is_ok() {
            super::orphan::stop_orphan(folder);
            remove_folder(folder)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Folder, LOCK, lock, sweep};
    use std::fs;

    #[test]
    fn a_sweep_removes_only_what_a_dead_maker_left() {
        let temporary = tempfile::tempdir().unwrap();
        let [dead, alive, unrelated] =
            ["orderflow-lab-dead", "orderflow-lab-alive", "another"].map(|name| temporary.path().join(name));
        for folder in [&dead, &alive, &unrelated] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(dead.join(LOCK), "").unwrap();
        fs::write(unrelated.join(LOCK), "").unwrap();
        let _held = lock(&alive).unwrap();

        sweep(temporary.path());

        assert_eq!([&dead, &alive, &unrelated].map(|folder| folder.exists()), [false, true, true]);
    }

    #[test]
    fn a_dropped_folder_is_gone() {
        let folder = Folder::create().unwrap();
        let path = folder.path().to_owned();
        assert!(path.join(LOCK).exists());
        drop(folder);
        assert!(!path.exists());
    }
}
