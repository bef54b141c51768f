//! The pristine copy of a lab: what the original and the judge are made of, whatever has been edited since.
//!
//! `labs/pristine.sha256` (in `sha256sum`'s format, written by `lab dev update`) says what pristine is. A file with that hash is
//! taken from the learner's folder while it is untouched there, else from the copy kept at the first touch, else from
//! the repository's history.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::child;
use crate::lab::Lab;
use crate::source;
use crate::terminal::{WARN, paint};
use crate::workspace::{Workspace, write_if_changed};

/// A lab's files, by path within its folder.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The file that says what pristine is.
pub const LOCK: &str = "labs/pristine.sha256";

/// The pristine files of a lab: manifest, sources, benches. Keeps a copy at the first touch.
pub fn files(workspace: &Workspace, lab: &Lab) -> Result<Files> {
    let kept = kept_folder(workspace, &lab.name);
    let mut files = Files::new();
    let mut unkept = None;
    for (path, hash) in locked(workspace, &lab.name)? {
        let Some(bytes) = find(workspace, &lab.name, &path, &hash) else {
            bail!(
                "labs/{}/{path} is not the original, and neither the copies in .lab/ nor a git history have it. \
                 If you are writing this lab: `cargo lab dev update`. If you edited it before its first run: keep your file, \
                 put the original back from the archive you downloaded, run `cargo lab reproduce {}` once, then put yours back",
                lab.name,
                lab.nn()
            );
        };
        if unkept.is_none() {
            unkept = write_if_changed(&kept.join(&path), &bytes).err();
        }
        files.insert(path, bytes);
    }
    // The originals are here, so whoever asked for them gets an answer.
    if let Some(error) = unkept.filter(|_| !HAS_WARNED.swap(true, Relaxed)) {
        crate::complain!("{} the labs' originals are not kept: {error:#}", paint(WARN, "careful:"));
    }
    Ok(files)
}

/// Whether somebody was told that originals cannot be kept: all labs' copies lie in one folder.
static HAS_WARNED: AtomicBool = AtomicBool::new(false);

/// One pristine file of a lab that is known by its name only.
pub fn file(workspace: &Workspace, lab: &str, path: &str) -> Result<Vec<u8>> {
    let hash = locked(workspace, lab)?.into_iter().find_map(|(found, hash)| (found == path).then_some(hash));
    hash.and_then(|hash| find(workspace, lab, path, &hash)).with_context(|| {
        format!("The original of labs/{lab}/{path} is neither in .lab/ nor in a git history: put it back from the archive you downloaded")
    })
}

fn find(workspace: &Workspace, lab: &str, path: &str, hash: &str) -> Option<Vec<u8>> {
    [workspace.root.join("labs").join(lab).join(path), kept_folder(workspace, lab).join(path)]
        .into_iter()
        .filter(|candidate| candidate.is_file())
        .find_map(|candidate| read(&candidate).ok().filter(|bytes| sha256(bytes) == hash))
        .or_else(|| from_history(workspace, &format!("labs/{lab}/{path}"), hash))
}

/// Keeps a pristine copy of every lab that is still untouched, so that an archive without git works as well as a clone.
pub fn keep_all(workspace: &Workspace, labs: &[Lab]) {
    for lab in labs {
        if !kept_folder(workspace, &lab.name).join("Cargo.toml").is_file() {
            // A lab that was edited already is reported when it is verified, not now.
            let _ = files(workspace, lab);
        }
    }
}

/// The learner's files, as they are now: manifest, sources, benches. What stands in the place of a source and is none is an error.
pub fn current(lab: &Lab) -> Result<Files> {
    let InFolder { files, odd } = found(lab)?;
    let Some((path, why)) = odd.into_iter().next() else { return Ok(files) };
    bail!(
        "labs/{}/{path} {why}. `make reset-{}` puts the original in its place and keeps what is there",
        lab.name,
        lab.nn()
    )
}

/// What is in a lab's folder.
#[derive(Debug, Default)]
pub struct InFolder {
    /// Manifest, sources, benches, with plain line ends.
    pub files: Files,
    /// What stands in a source's place and cannot be compiled, with what is wrong with it.
    pub odd: Vec<(String, String)>,
}

/// Sources are written by hand: none is so large.
const LARGEST_SOURCE: u64 = 1 << 20;

/// Looks through a lab's folder.
pub fn found(lab: &Lab) -> Result<InFolder> {
    let mut found = InFolder::default();
    for part in ["Cargo.toml", "src", "benches"] {
        look(lab, &lab.folder.join(part), &mut found)?;
    }
    Ok(found)
}

fn look(lab: &Lab, path: &Path, found: &mut InFolder) -> Result<()> {
    let key = key(&lab.folder, path);
    let is_source = key == "Cargo.toml" || key == lab.meta.edit || source::is_source(path);
    if is_source {
        match text_of(path) {
            Ok(Some(bytes)) => found.files.extend([(key, bytes)]),
            Ok(None) => {}
            Err(why) => found.odd.push((key, why)),
        }
    } else if path.is_dir() && !source::is_hidden(path) {
        if path.is_symlink() {
            found.odd.push((key, "is a link to a folder, and the judge does not follow it".into()));
            return Ok(());
        }
        let entries = std::fs::read_dir(path).with_context(|| format!("Cannot read {}", path.display()))?;
        for entry in entries {
            look(lab, &entry?.path(), found)?;
        }
    }
    Ok(())
}

/// A source's text; nothing where there is no file, or what is wrong with it.
fn text_of(path: &Path) -> std::result::Result<Option<Vec<u8>>, String> {
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(_) if path.is_symlink() => return Err("is a link to a file that is not there".into()),
        Err(error) => return Err(format!("cannot be read ({error})")),
    };
    match metadata.len() {
        _ if metadata.is_dir() => return Err("is a folder, and a file belongs there".into()),
        _ if !metadata.is_file() => return Err("is no ordinary file".into()),
        bytes if bytes > LARGEST_SOURCE => return Err(format!("has {} KiB, which is no source", bytes >> 10)),
        _ => {}
    }
    let bytes = read(path).map_err(|error| format!("cannot be read ({error})"))?;
    if std::str::from_utf8(&bytes).is_err() {
        return Err("is no text: it is not UTF-8".into());
    }
    Ok(Some(bytes))
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    Ok(source::with_plain_line_ends(std::fs::read(path)?))
}

/// A path within a folder, with `/` between its parts.
fn key(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).expect("the walk started at root");
    relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// All files below `path`, keyed by their path within `root`, with `/` between folders. Links to folders are not followed.
pub fn collect(root: &Path, path: &Path, files: &mut Files) -> Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            let entry = entry?.path();
            if !(entry.is_symlink() && entry.is_dir()) {
                collect(root, &entry, files)?;
            }
        }
    } else if path.is_file() {
        files.insert(key(root, path), read(path).with_context(|| format!("Cannot read {}", path.display()))?);
    }
    Ok(())
}

/// The text of the lock file for the labs as they are now.
pub fn lock_text(labs: &[Lab]) -> Result<String> {
    let mut text = String::new();
    for lab in labs {
        for (path, bytes) in current(lab)? {
            text.push_str(&format!("{}  labs/{}/{path}\n", sha256(&bytes), lab.name));
        }
    }
    Ok(text)
}

/// Hex digits of a file's SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The names of all labs whose originals are known, in order.
pub fn names(workspace: &Workspace) -> Result<Vec<String>> {
    let text = lock(workspace)?;
    let paths = text.lines().filter_map(|line| line.split_once("  ")?.1.strip_prefix("labs/")?.split_once('/'));
    let mut names: Vec<String> = paths.map(|(name, _)| name.to_string()).collect();
    names.dedup();
    Ok(names)
}

fn lock(workspace: &Workspace) -> Result<String> {
    let path = workspace.root.join(LOCK);
    std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", path.display()))
}

fn locked(workspace: &Workspace, lab: &str) -> Result<Vec<(String, String)>> {
    let text = lock(workspace)?;
    let prefix = format!("labs/{lab}/");
    let entries: Vec<_> = text
        .lines()
        .filter_map(|line| line.split_once("  "))
        .filter_map(|(hash, path)| Some((path.strip_prefix(&prefix)?.to_string(), hash.to_string())))
        .collect();
    if entries.is_empty() {
        bail!("{LOCK} does not know {lab}: if you are writing this lab, run `cargo lab dev update`");
    }
    Ok(entries)
}

fn kept_folder(workspace: &Workspace, lab: &str) -> PathBuf {
    workspace.state.join("pristine").join(lab)
}

/// The newest version of a file in the repository's history that has the hash. Also finds it after the learner committed a fix.
fn from_history(workspace: &Workspace, path: &str, hash: &str) -> Option<Vec<u8>> {
    let git = |arguments: &[&str]| {
        let output = child::tool("git")
            .arg("-C")
            .arg(&workspace.root)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        output.status.success().then_some(output.stdout)
    };
    let commits = String::from_utf8(git(&["rev-list", "--max-count=200", "HEAD", "--", path])?).ok()?;
    commits.lines().find_map(|commit| {
        // `./` makes the path relative to the checkout, which need not be the repository's top. Commands for programs, unlike `log` and
        // `show`, do what nobody's configuration changes.
        git(&["cat-file", "blob", &format!("{commit}:./{path}")])
            .map(source::with_plain_line_ends)
            .filter(|bytes| sha256(bytes) == hash)
    })
}
