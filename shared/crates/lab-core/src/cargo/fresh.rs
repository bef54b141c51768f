//! What is built is what is there.
//!
//! Cargo tells by time stamps whether a package has to be compiled again. A file that is moved back keeps its old stamp, a clock jumps,
//! two checkouts share a target folder: then Cargo takes an old program for the current one. So each unit that we built has a note
//! beside Cargo's own record of it: what it was built from, and where. Where the note does not say what is there now, Cargo's record
//! goes away, and Cargo compiles that package again. Nobody's source is touched for it.
//!
//! The versions of other people's crates, the flags and the profile are no part of it: Cargo knows those by content.

use std::collections::BTreeMap;
use std::fs::{File, Metadata, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use super::packages::{self, Package};
use crate::pristine::sha256;
use crate::source;
use crate::terminal::waiting;

/// The note's file in Cargo's folder for a unit.
const NOTE: &str = "lab-built-from";

/// Cargo writes this when it begins to compile a unit: its time stamp is what it compares with.
const BEGUN: &str = "invoked.timestamp";

/// A unit that only runs a build script has this in its place, written when the script has ended.
const RAN: &str = "run-build-script-";

/// The packages that go into one build, as they were before it.
#[derive(Debug)]
pub struct Before {
    root: PathBuf,
    named: Vec<String>,
    profile: PathBuf,
    states: BTreeMap<String, State>,
}

/// What a package is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    /// Where it lies.
    folder: PathBuf,
    /// The content of all its sources and of those that it stands on, and where they lie. The workspace that builds it is no part of it:
    /// a shared crate is the same for the checkout's workspace and for a lab's arena.
    content: String,
}

/// Takes Cargo's record away from every package of a build that was compiled from something else.
pub fn before(root: &Path, named: &[&str], profile: &Path) -> Result<Before> {
    let states = states(root, named)?;
    remove_units(profile, &states, |unit, state| !is_from(unit, state))?;
    let named = named.iter().map(|name| name.to_string()).collect();
    Ok(Before { root: root.to_path_buf(), named, profile: profile.to_path_buf(), states })
}

impl Before {
    /// Takes Cargo's record away from every package of the build: all of them are compiled again.
    pub fn forget(&self) -> Result<()> {
        remove_units(&self.profile, &self.states, |_, _| true)
    }

    /// Notes what the units are built from. A package that was edited meanwhile gets no note, and is compiled once more next time.
    pub fn built(self) -> Result<()> {
        let named: Vec<&str> = self.named.iter().map(String::as_str).collect();
        let now = states(&self.root, &named)?;
        for folder in profile_folders(&self.profile) {
            let _lock = lock(&folder);
            for (name, state) in now.iter().filter(|(name, state)| self.states.get(*name) == Some(*state)) {
                for unit in units(&folder, name) {
                    let Some(begun) = begun(&unit) else { continue };
                    let note = format!("{}\n{}\n{begun}\n", state.folder.display(), state.content);
                    // A full disk is told by what has to be kept; without a note the package is compiled again.
                    let _ = std::fs::write(unit.join(NOTE), note);
                }
            }
        }
        Ok(())
    }
}

fn remove_units(
    profile: &Path,
    states: &BTreeMap<String, State>,
    is_past: impl Fn(&Path, &State) -> bool,
) -> Result<()> {
    for folder in profile_folders(profile) {
        let _lock = lock(&folder);
        for (name, state) in states {
            for unit in units(&folder, name).into_iter().filter(|unit| is_past(unit, state)) {
                std::fs::remove_dir_all(&unit)
                    .with_context(|| format!("Cannot write to {}: make it writable", unit.display()))?;
            }
        }
    }
    Ok(())
}

fn states(root: &Path, named: &[&str]) -> Result<BTreeMap<String, State>> {
    let all = packages::of_build(root, named)?;
    let own: BTreeMap<&Path, String> =
        all.values().map(|package| Ok((package.folder.as_path(), content(&package.folder)?))).collect::<Result<_>>()?;
    let state = |package: &Package| {
        let mut text = String::new();
        for folder in packages::reached(&all, &package.folder) {
            text.push_str(&format!("{} {}\n", folder.display(), own[folder]));
        }
        State { folder: package.folder.clone(), content: sha256(text.as_bytes()) }
    };
    Ok(all.values().map(|package| (package.name.clone(), state(package))).collect())
}

/// The content of all that can go into a package.
fn content(folder: &Path) -> Result<String> {
    let mut text = String::new();
    for path in source::inputs(folder)? {
        // What has gone meanwhile, or cannot be read, is the compiler's to name.
        let Ok(bytes) = std::fs::read(&path) else { continue };
        text.push_str(&format!("{} {}\n", path.display(), sha256(&bytes)));
    }
    Ok(sha256(text.as_bytes()))
}

/// Whether a unit was compiled from what is there. What somebody's own `cargo build` compiled has no note that says so, and time stamps
/// do not tell it: a folder that is moved back is older than what was compiled in between.
fn is_from(unit: &Path, state: &State) -> bool {
    let Some(begun) = begun(unit) else { return false };
    let note = std::fs::read_to_string(unit.join(NOTE)).unwrap_or_default();
    let lines: Vec<&str> = note.lines().collect();
    matches!(lines[..], [_, content, noted] if noted == begun.to_string() && content == state.content)
}

fn begun(unit: &Path) -> Option<i128> {
    Some(nanoseconds(stamp(unit)?.modified().ok()?))
}

/// The file whose time stamp says when a unit was made.
fn stamp(unit: &Path) -> Option<Metadata> {
    if let Ok(metadata) = std::fs::metadata(unit.join(BEGUN)) {
        return Some(metadata);
    }
    let entries = std::fs::read_dir(unit).ok()?.filter_map(Result::ok);
    let ran = entries.map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(RAN) && path.extension().is_none()
    })?;
    std::fs::metadata(ran).ok()
}

fn nanoseconds(at: SystemTime) -> i128 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i128,
        Err(error) => -(error.duration().as_nanos() as i128),
    }
}

/// Cargo's folders of this profile in a target folder: its own, and that of each target triple.
pub(super) fn profile_folders(profile: &Path) -> Vec<PathBuf> {
    let (Some(target), Some(name)) = (profile.parent(), profile.file_name()) else { return Vec::new() };
    let below = std::fs::read_dir(target).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path().join(name)));
    below.chain([profile.to_path_buf()]).filter(|folder| folder.join(".fingerprint").is_dir()).collect()
}

/// Cargo's folders for the units of a package: its name and sixteen digits.
fn units(folder: &Path, package: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join(".fingerprint")).into_iter().flatten();
    let is_units = |name: &str| {
        let digits = name.strip_prefix(package).and_then(|rest| rest.strip_prefix('-'));
        digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| is_units(&name.to_string_lossy())))
        .collect()
}

/// Cargo's own lock: no record goes away under a build that is writing it. Where a file system has no locks, Cargo has none either.
fn lock(folder: &Path) -> Option<File> {
    let file = File::options().read(true).write(true).create(true).truncate(false).open(folder.join(".cargo-lock"));
    let file = file.ok()?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let bar = waiting("Another build is running; waiting for it");
            let locked = file.lock();
            bar.finish_and_clear();
            locked.ok()?;
        }
        Err(TryLockError::Error(_)) => return None,
    }
    Some(file)
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::*;
    use crate::cargo::flags::host;

    /// A workspace of a program and what it stands on, with nothing to download.
    struct Tiny {
        folder: tempfile::TempDir,
    }

    impl Tiny {
        fn new() -> Self {
            let tiny = Tiny { folder: tempfile::tempdir().expect("a temporary folder") };
            tiny.checkout("one", "one");
            tiny
        }

        /// A checkout whose library says a word.
        fn checkout(&self, name: &str, word: &str) {
            let package =
                |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
            let root = self.path(name);
            for folder in ["src", "said/src"] {
                std::fs::create_dir_all(root.join(folder)).expect("created");
            }
            let program =
                package("tiny") + "[workspace]\nmembers = [\"said\"]\n[dependencies]\nsaid = { path = \"said\" }\n";
            std::fs::write(root.join("Cargo.toml"), program).expect("written");
            std::fs::write(root.join("src/main.rs"), "fn main() { print!(\"{}\", said::WORD) }").expect("written");
            std::fs::write(root.join("said/Cargo.toml"), package("said") + "[features]\nmore = []\n").expect("written");
            std::fs::write(root.join("said/src/lib.rs"), said(word)).expect("written");
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        /// Where Cargo puts what it built.
        fn built(&self, name: &str) -> PathBuf {
            self.path("target").join(host().expect("there is a compiler")).join("release").join(name)
        }

        fn cargo(&self, checkout: &str, features: &str) {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--release", "--quiet", "--features", features]).current_dir(self.path(checkout));
            // Wherever somebody's Cargo builds, and for whatever target.
            cargo.args(["--target", &host().expect("there is a compiler")]);
            cargo.env("CARGO_TARGET_DIR", self.path("target")).env("CARGO_BUILD_BUILD_DIR", self.path("target"));
            cargo.env("CARGO_INCREMENTAL", "0");
            assert!(cargo.status().expect("cargo runs").success());
        }

        /// Builds as `lab` does, and runs what was built.
        fn says(&self, checkout: &str) -> String {
            self.says_with(checkout, "")
        }

        fn says_with(&self, checkout: &str, features: &str) -> String {
            let before = before(&self.path(checkout), &[], &self.built("")).expect("looked at");
            self.cargo(checkout, features);
            before.built().expect("noted");
            let output = Command::new(self.built("tiny")).output().expect("it runs");
            String::from_utf8(output.stdout).expect("text")
        }
    }

    fn said(word: &str) -> String {
        format!("pub const WORD: &str = \"{word}\";")
    }

    fn set_modified(path: &Path, at: SystemTime) {
        File::options().append(true).open(path).expect("opened").set_modified(at).expect("set");
    }

    fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { all_files(&path, found) } else { found.push(path) }
        }
    }

    #[test]
    fn an_older_file_that_is_moved_back_is_what_runs() {
        let tiny = Tiny::new();
        let (source, aside) = (tiny.path("one/said/src/lib.rs"), tiny.path("aside"));
        assert_eq!(tiny.says("one"), "one");
        std::fs::rename(&source, &aside).expect("moved");
        std::fs::write(&source, said("two")).expect("written");
        assert_eq!(tiny.says("one"), "two");
        std::fs::rename(&aside, &source).expect("moved back");
        assert_eq!(tiny.says("one"), "one");
        // Also where Cargo built in between without us.
        std::fs::rename(&source, &aside).expect("moved");
        std::fs::write(&source, said("two")).expect("written");
        tiny.cargo("one", "");
        std::fs::rename(&aside, &source).expect("moved back");
        assert_eq!(tiny.says("one"), "one");
    }

    #[test]
    fn what_was_built_in_the_future_is_built_again_after_an_edit() {
        let tiny = Tiny::new();
        assert_eq!(tiny.says("one"), "one");
        let mut built = Vec::new();
        all_files(&tiny.path("target"), &mut built);
        let later = SystemTime::now() + Duration::from_secs(7_200);
        built.iter().for_each(|path| set_modified(path, later));
        std::fs::write(tiny.path("one/said/src/lib.rs"), said("two")).expect("written");
        assert_eq!(tiny.says("one"), "two");
    }

    #[test]
    fn two_checkouts_that_share_a_target_folder_run_their_own() {
        let tiny = Tiny::new();
        tiny.checkout("other", "other");
        for _ in 0..2 {
            assert_eq!(tiny.says("one"), "one");
            assert_eq!(tiny.says("other"), "other");
        }
    }

    #[test]
    fn what_cargo_built_by_itself_from_something_else_is_not_believed_also_of_a_shared_crate() {
        let tiny = Tiny::new();
        for checkout in ["one", "other"] {
            tiny.checkout(checkout, checkout);
            let manifest = std::fs::read_to_string(tiny.path(checkout).join("Cargo.toml")).expect("read");
            std::fs::create_dir_all(tiny.path(checkout).join("shared/crates")).expect("created");
            std::fs::rename(tiny.path(checkout).join("said"), tiny.path(checkout).join("shared/crates/said"))
                .expect("moved");
            std::fs::write(
                tiny.path(checkout).join("Cargo.toml"),
                manifest
                    .replace("\"said\"]", "\"shared/crates/said\"]")
                    .replace("\"said\" }", "\"shared/crates/said\" }"),
            )
            .expect("written");
        }
        // Two checkouts, one target folder.
        tiny.cargo("one", "");
        assert_eq!(tiny.says("other"), "other");
        // One checkout, and a folder that is moved aside and back.
        let (there, aside) = (tiny.path("other/shared/crates/said"), tiny.path("aside"));
        std::fs::rename(&there, &aside).expect("moved");
        std::fs::create_dir_all(there.join("src")).expect("created");
        std::fs::copy(aside.join("Cargo.toml"), there.join("Cargo.toml")).expect("copied");
        std::fs::write(there.join("src/lib.rs"), said("edited")).expect("written");
        tiny.cargo("other", "");
        std::fs::remove_dir_all(&there).expect("removed");
        std::fs::rename(&aside, &there).expect("moved back");
        assert_eq!(tiny.says("other"), "other");
    }

    #[test]
    fn what_is_damaged_is_compiled_anew_once_it_is_forgotten() {
        let tiny = Tiny::new();
        assert_eq!(tiny.says("one"), "one");
        let mut built = Vec::new();
        all_files(&tiny.built("deps"), &mut built);
        let libraries = built
            .iter()
            .filter(|path| path.extension().is_some_and(|it| it == "rlib" || it == "rmeta"))
            .collect::<Vec<_>>();
        assert_eq!(libraries.len(), 2);
        for library in libraries {
            // As a power cut leaves it: empty, and as old as before.
            let modified = std::fs::metadata(library).and_then(|found| found.modified()).expect("there");
            std::fs::write(library, "").expect("written");
            set_modified(library, modified);
        }
        std::fs::write(tiny.path("one/src/main.rs"), "fn main() { print!(\"new {}\", said::WORD) }").expect("written");
        let before = before(&tiny.path("one"), &[], &tiny.built("")).expect("looked at");
        before.forget().expect("removed");
        assert_eq!(tiny.says("one"), "new one");
    }

    #[test]
    fn what_is_built_from_what_is_there_is_not_built_again_and_no_source_is_touched() {
        let tiny = Tiny::new();
        let source = tiny.path("one/said/src/lib.rs");
        let old = SystemTime::now() - Duration::from_secs(86_400);
        set_modified(&source, old);
        assert_eq!(tiny.says("one"), "one");
        let unit = units(&tiny.built(""), "said").remove(0);
        let first = begun(&unit);
        assert!(first.is_some());
        std::fs::write(tiny.path("one/said/src/lib.rs~"), "an editor's").expect("written");
        assert_eq!(tiny.says("one"), "one");
        assert_eq!(begun(&unit), first);
        assert_eq!(std::fs::metadata(&source).and_then(|found| found.modified()).expect("there"), old);
    }

    #[test]
    fn a_build_script_is_not_run_again_and_other_workspaces_and_features_leave_what_is_there() {
        let tiny = Tiny::new();
        std::fs::write(tiny.path("one/said/build.rs"), "fn main() { println!(\"cargo::rerun-if-changed=build.rs\") }")
            .expect("written");
        // Another workspace, as an arena is one, over the same library.
        std::fs::create_dir_all(tiny.path("arena/src")).expect("created");
        std::fs::copy(tiny.path("one/src/main.rs"), tiny.path("arena/src/main.rs")).expect("copied");
        let program = std::fs::read_to_string(tiny.path("one/Cargo.toml")).expect("read");
        let program = program.replace("[\"said\"]", "[]").replace("path = \"said\"", "path = \"../one/said\"");
        std::fs::write(tiny.path("arena/Cargo.toml"), program).expect("written");
        let stamps = || -> BTreeMap<PathBuf, Option<i128>> {
            units(&tiny.built(""), "said").into_iter().map(|unit| (unit.clone(), begun(&unit))).collect()
        };
        let all = || {
            for (checkout, features) in [("one", ""), ("arena", ""), ("one", "said/more"), ("arena", "said/more")] {
                assert_eq!(tiny.says_with(checkout, features), "one");
            }
        };
        all();
        let first = stamps();
        assert!(first.len() >= 3 && first.values().all(Option::is_some), "{first:?}");
        all();
        assert_eq!(stamps(), first);
    }

    #[test]
    fn a_units_name_is_not_taken_for_anothers() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["lab-0123456789abcdef", "lab-load-0123456789abcdef", "lab-0123456789abcdeg"] {
            std::fs::create_dir_all(folder.path().join(".fingerprint").join(name)).expect("created");
        }
        assert_eq!(units(folder.path(), "lab").len(), 1);
    }
}
