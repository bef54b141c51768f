//! What a source is: the one rule for what is watched, judged, kept and put back.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Whether a file of this name is a Rust source. What editors leave beside one is none: `.manifest.rs.swp`, `#manifest.rs#`,
/// `manifest.rs~`, `manifest.rs.orig`, `4913`, `.DS_Store`, Emacs's lock `.#manifest.rs`.
pub fn is_source(path: &Path) -> bool {
    !is_hidden(path) && path.extension().is_some_and(|extension| extension == "rs")
}

/// Whether a name begins with a dot.
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Every file of a package's folder that can go into a build of it, also behind links to folders: no texts for people, and nothing that
/// editors leave. Below `src` a text may be a part of the program (`include_str!`), and a folder of any name a module.
pub fn inputs(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let top = folder.canonicalize().with_context(|| format!("Cannot read {}", folder.display()))?;
    for path in entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".md") || ["target", "attempts", "hints"].contains(&name.as_str()) {
            continue;
        }
        collect(path, name == "src", &mut vec![top.clone()], &mut found)?;
    }
    found.sort();
    Ok(found)
}

/// Adds a file, or all that is below a folder. `above` are the folders that the way there leads through, without links.
fn collect(path: PathBuf, is_src: bool, above: &mut Vec<PathBuf>, found: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        let is_link = path.is_symlink();
        if is_link {
            let there = path.canonicalize().with_context(|| format!("Cannot read {}", path.display()))?;
            // It leads back to where it is, for ever.
            if above.iter().any(|folder| folder.starts_with(&there)) {
                return Ok(());
            }
            above.push(there);
        }
        for entry in entries(&path)? {
            collect(entry, is_src, above, found)?;
        }
        if is_link {
            above.pop();
        }
    } else if path.is_file() && (is_src || path.extension().is_none_or(|extension| extension != "md")) {
        found.push(path);
    }
    Ok(())
}

/// What a folder holds, without what editors leave.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("Cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_left =
            is_hidden(&path) || name.starts_with('#') || name.ends_with(['~', '#']) || name.ends_with(".orig");
        if !is_left {
            found.push(path);
        }
    }
    Ok(found)
}

/// A text with the line ends that the repository has: a checkout of git's on Windows, or with `core.autocrlf`, has others.
pub fn with_plain_line_ends(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.contains(&0) || !bytes.windows(2).any(|pair| pair == b"\r\n") {
        return bytes;
    }
    let mut plain = Vec::with_capacity(bytes.len());
    for (i, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(i + 1) != Some(&b'\n') {
            plain.push(*byte);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_leave_is_no_source() {
        for name in ["manifest.rs", "a/b.rs", "mod.rs"] {
            assert!(is_source(Path::new(name)), "{name}");
        }
        for name in [
            ".manifest.rs.swp",
            "#manifest.rs#",
            "manifest.rs~",
            "manifest.rs.orig",
            "4913",
            ".DS_Store",
            ".#manifest.rs",
        ] {
            assert!(!is_source(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn whatever_can_be_built_is_an_input_also_behind_a_link_and_under_any_name_below_the_sources() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |path: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            std::fs::write(path, "").expect("written");
        };
        let built = ["Cargo.toml", "src/hints/mod.rs", "src/t.md", "src/target/attempts/a.rs"];
        built.into_iter().for_each(write);
        ["README.md", "hints/1.md", "attempts/a.rs", "target/x", "benches/notes.md", "src/.lib.rs.swp"]
            .into_iter()
            .for_each(write);
        std::fs::create_dir(folder.path().join("elsewhere")).expect("created");
        write("elsewhere/linked.rs");
        std::os::unix::fs::symlink("../elsewhere", folder.path().join("src/module")).expect("linked");
        // Three loops: up, to itself, and around through the link above.
        std::os::unix::fs::symlink("..", folder.path().join("src/up")).expect("linked");
        std::os::unix::fs::symlink(".", folder.path().join("src/hints/itself")).expect("linked");
        std::os::unix::fs::symlink("../src/hints", folder.path().join("elsewhere/around")).expect("linked");
        let found = inputs(folder.path()).expect("listed");
        let within: Vec<_> =
            found.iter().map(|path| path.strip_prefix(folder.path()).expect("below").to_string_lossy()).collect();
        for path in built.iter().chain(&["elsewhere/linked.rs", "src/module/linked.rs"]) {
            assert!(within.contains(&(*path).into()), "{path}: {within:?}");
        }
        // And three through the loops, each once around.
        assert_eq!(within.len(), built.len() + 2 + 3, "{within:?}");
    }

    #[test]
    fn line_ends_are_no_edit() {
        assert_eq!(with_plain_line_ends(b"a\r\nb\rc\n".to_vec()), b"a\nb\rc\n");
        assert_eq!(with_plain_line_ends(b"\0\r\n".to_vec()), b"\0\r\n", "no text");
    }
}
