//! When a source was saved.
//!
//! A handful of small files are looked at ten times a second. Notifications of the kernel would be one more thing that can be missing:
//! network and container folders send none, an editor may have used up the user's watches, and a folder that is replaced has to
//! be watched anew. They would also need the same comparison, because they tell of every temporary file that an editor makes.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use lab_core::catalogue::Lab;
use lab_core::source::{is_hidden, is_source};

/// Editors save in several steps (write another file, rename it, format, write again): only what has rested for so long is taken.
const REST: Duration = Duration::from_millis(150);

/// What tells one version of a file from the next.
type Versions = BTreeMap<PathBuf, (Option<SystemTime>, u64, u64)>;

/// The sources of a lab: its Rust, and the file that the learner edits.
#[derive(Debug)]
pub struct Sources {
    folder: PathBuf,
    edited: PathBuf,
    seen: Versions,
    changed: Option<Instant>,
}

/// What became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing yet.
    None,
    /// Something was saved, and rests.
    Saved,
    /// The file that the learner edits is not there.
    Gone,
}

impl Sources {
    /// The sources of a lab. The first look finds them saved, or gone.
    pub fn of(lab: &Lab, now: Instant) -> Self {
        let folder = lab.folder.join("src");
        let edited = lab.folder.join(&lab.meta.edit);
        let seen = versions(&folder, &edited);
        Sources { edited, folder, seen, changed: Some(now.checked_sub(REST).unwrap_or(now)) }
    }

    /// Looks again.
    pub fn look(&mut self, now: Instant) -> Change {
        let versions = versions(&self.folder, &self.edited);
        if versions != self.seen {
            (self.seen, self.changed) = (versions, Some(now));
        }
        match self.changed {
            Some(changed) if now.duration_since(changed) >= REST => {
                self.changed = None;
                if self.seen.contains_key(&self.edited) { Change::Saved } else { Change::Gone }
            }
            _ => Change::None,
        }
    }
}

fn versions(folder: &Path, edited: &Path) -> Versions {
    let mut versions = Versions::new();
    // What cannot be read is not there.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match std::fs::metadata(&path) {
            // The judge does not follow a link to a folder either, and it may lead back here.
            Ok(metadata) if metadata.is_dir() && !is_hidden(&path) && !path.is_symlink() => {
                versions.extend(self::versions(&path, edited));
            }
            Ok(metadata) if !metadata.is_dir() && (path == edited || is_source(&path)) => {
                versions.insert(path, (metadata.modified().ok(), metadata.len(), metadata.ino()));
            }
            _ => {}
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sources in a folder of their own, with a clock that the test turns.
    struct Watched {
        folder: tempfile::TempDir,
        sources: Sources,
        now: Instant,
    }

    impl Watched {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let src = folder.path().join("src");
            std::fs::create_dir(&src).expect("created");
            std::fs::write(src.join("manifest.rs"), "one").expect("written");
            let (now, edited) = (Instant::now(), src.join("manifest.rs"));
            let sources = Sources { seen: versions(&src, &edited), edited, folder: src, changed: None };
            Watched { folder, sources, now }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join("src").join(name)
        }

        fn write(&self, name: &str, text: &str) {
            std::fs::write(self.path(name), text).expect("written");
        }

        fn look_after(&mut self, milliseconds: u64) -> Change {
            self.now += Duration::from_millis(milliseconds);
            self.sources.look(self.now)
        }
    }

    #[test]
    fn a_save_counts_once_and_after_it_rested() {
        let mut watched = Watched::new();
        assert_eq!(watched.look_after(1_000), Change::None);
        watched.write("manifest.rs", "second");
        assert_eq!(watched.look_after(100), Change::None);
        watched.write("manifest.rs", "the third, by a formatter");
        assert_eq!(watched.look_after(100), Change::None);
        assert_eq!(watched.look_after(100), Change::None);
        assert_eq!(watched.look_after(100), Change::Saved);
        assert_eq!(watched.look_after(10_000), Change::None);
    }

    #[test]
    fn a_save_by_renaming_and_a_new_module_count() {
        let mut watched = Watched::new();
        watched.write("manifest.rs.tmp", "two");
        assert_eq!((watched.look_after(100), watched.look_after(1_000)), (Change::None, Change::None));
        std::fs::rename(watched.path("manifest.rs.tmp"), watched.path("manifest.rs")).expect("renamed");
        assert_eq!((watched.look_after(100), watched.look_after(200)), (Change::None, Change::Saved));
        std::fs::create_dir(watched.path("helper")).expect("created");
        watched.write("helper/mod.rs", "fn help() {}");
        assert_eq!((watched.look_after(100), watched.look_after(200)), (Change::None, Change::Saved));
    }

    #[test]
    fn an_edited_file_that_is_no_rust_counts_and_its_neighbour_does_not() {
        let mut watched = Watched::new();
        watched.sources.edited = watched.path("rules.yml");
        watched.write("notes.yml", "x");
        assert_eq!((watched.look_after(100), watched.look_after(1_000)), (Change::None, Change::None));
        watched.write("rules.yml", "x");
        assert_eq!((watched.look_after(100), watched.look_after(200)), (Change::None, Change::Saved));
    }

    #[test]
    fn what_editors_leave_beside_a_source_does_not_count() {
        let mut watched = Watched::new();
        for name in [".manifest.rs.swp", "4913", "manifest.rs~", "#manifest.rs#", ".hidden.rs", "manifest.rs.orig"] {
            watched.write(name, "x");
        }
        std::os::unix::fs::symlink("nobody@nowhere:1", watched.path(".#manifest.rs")).expect("linked");
        assert_eq!((watched.look_after(100), watched.look_after(1_000)), (Change::None, Change::None));
    }

    #[test]
    fn a_link_to_a_folder_is_not_followed() {
        let mut watched = Watched::new();
        std::os::unix::fs::symlink(".", watched.path("again")).expect("linked");
        assert_eq!((watched.look_after(100), watched.look_after(1_000)), (Change::None, Change::None));
        watched.write("manifest.rs", "second");
        assert_eq!((watched.look_after(100), watched.look_after(200)), (Change::None, Change::Saved));
    }

    #[test]
    fn a_file_that_goes_and_comes_back_is_seen_both_times() {
        let mut watched = Watched::new();
        std::fs::remove_dir_all(watched.path("")).expect("removed");
        assert_eq!((watched.look_after(100), watched.look_after(200)), (Change::None, Change::Gone));
        assert_eq!(watched.look_after(1_000), Change::None);
        std::fs::create_dir(watched.path("")).expect("created");
        watched.write("manifest.rs", "back");
        assert_eq!((watched.look_after(100), watched.look_after(200)), (Change::None, Change::Saved));
    }

    #[test]
    fn a_rename_that_takes_less_than_the_rest_is_no_loss() {
        let mut watched = Watched::new();
        std::fs::remove_file(watched.path("manifest.rs")).expect("removed");
        assert_eq!(watched.look_after(100), Change::None);
        watched.write("manifest.rs", "saved");
        assert_eq!((watched.look_after(100), watched.look_after(200)), (Change::None, Change::Saved));
    }
}
