//! What builds take on the disk.

use std::collections::HashSet;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What a folder takes on the disk. A file with several names, as Cargo makes them, is there once.
pub(super) fn bytes_on_disk(folder: &Path) -> u64 {
    fn add(folder: &Path, seen: &mut HashSet<(u64, u64)>) -> u64 {
        // Builds under way take files away while they are counted.
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let found = entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)));
        let size = |(path, found): (PathBuf, Metadata)| match found.is_dir() {
            true => add(&path, seen),
            false if seen.insert((found.dev(), found.ino())) => found.blocks() * 512,
            false => 0,
        };
        found.map(size).sum()
    }
    add(folder, &mut HashSet::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_two_names_takes_its_place_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (one, below) = (folder.path().join("one"), folder.path().join("below"));
        std::fs::create_dir(&below).expect("created");
        std::fs::write(&one, vec![1; 40_000]).expect("written");
        let alone = bytes_on_disk(folder.path());
        std::fs::hard_link(&one, below.join("two")).expect("linked");
        assert!(alone >= 40_000 && bytes_on_disk(folder.path()) == alone, "{alone}");
        std::fs::write(below.join("three"), vec![1; 40_000]).expect("written");
        assert_eq!(bytes_on_disk(folder.path()), 2 * alone);
    }
}
