//! The arena: a small workspace of its own under `target/lab/<name>/arena` in which original, yours and reference are built as
//! the same program.
//!
//! `original` is the pristine lab, `reference` the solution, and `yours` the pristine lab with the learner's own file in it, and with the
//! new files that this one names (`mod helper;`). Edits of any other file do not count, and are reported. For kernel labs a fourth
//! package times the three in one process.
//!
//! The learner's files name no crate of the judge's, and bring in no code from elsewhere: see `judges`.

mod judges;
mod packages;
mod together;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::packages::{package_name, write_judge, write_package, write_root};
pub use self::together::Together;
use crate::cargo::{self, Build, Built};
use crate::catalogue::{self, Kind, Lab};
use crate::pristine::{self, Files};
use crate::programs;
use crate::source::is_source;
use crate::terminal::waiting;
use crate::workspace::{Workspace, create_folder, write_if_changed};

/// Aligned functions: two identical copies of a branchy loop otherwise differ by their place in memory (the book: measuring.md).
pub const JUDGE_FLAGS: &str = "-Cllvm-args=-align-all-functions=6";

/// Where a lab's contract is, or its root.
const CONTRACT: &str = "src/contract.rs";
/// What stands in its place in whatever is judged.
const REEXPORT: &str = "//! The judge's own contract.\npub use pristine::contract::*;\n";
/// Cargo's lock file.
const LOCK: &str = "Cargo.lock";
/// What ours was made of, and what Cargo made of it.
const STAMP: &str = "Cargo.lock.origin";

/// A lab laid out for comparison. Holds the lab's lock: one comparison at a time.
pub struct Arena {
    /// The pristine declaration: its gates judge.
    pub lab: Lab,
    /// Files of the learner's that do not count.
    pub ignored: Vec<String>,
    /// Why the learner's files cannot be judged, whatever they do: where they name what judges them.
    pub refused: Option<String>,
    folder: PathBuf,
    /// What the arena's Cargo.lock is made of.
    origin: String,
    _lock: File,
}

/// The programs that were built.
#[derive(Debug)]
pub struct Programs {
    /// The pristine lab's.
    pub original: PathBuf,
    /// The learner's.
    pub yours: PathBuf,
    /// The solution's.
    pub reference: PathBuf,
    /// The timing judge, for kernel labs.
    pub judge: Option<PathBuf>,
}

/// What is judged: whose files are compared with the pristine ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Attempt {
    /// The lab's folder as it is now.
    #[default]
    Current,
    /// The lab as it was.
    Original,
    /// The solution's own file.
    Reference,
    /// Somebody's file in place of the one that the learner edits, or a lab's folder from elsewhere; what that does not have is pristine.
    Path(PathBuf),
}

/// Original and reference, laid out, and what they were made of.
struct Ground {
    folder: PathBuf,
    lab: Lab,
    pristine: Files,
    solution: Files,
    lock: File,
}

impl Ground {
    fn lay_out(workspace: &Workspace, lab: &Lab) -> Result<Ground> {
        let folder = workspace.lab_target(&lab.name).join("arena");
        let lock = lock(&folder.with_extension("lock"), lab)?;
        let pristine = pristine::files(workspace, lab)?;
        let lab = catalogue::declared(&lab.folder, std::str::from_utf8(&pristine["Cargo.toml"])?)?;
        let mut solution = Files::new();
        let solution_folder = catalogue::solution(workspace, &lab)?.folder;
        for part in ["Cargo.toml", "src"] {
            pristine::collect(&solution_folder, &solution_folder.join(part), &mut solution)?;
        }
        solution.retain(|path, _| path == "Cargo.toml" || *path == lab.meta.edit || is_source(Path::new(path)));
        write_package(&folder.join("original"), &lab, "original", &pristine)?;
        write_package(&folder.join("reference"), &lab, "reference", &solution)?;
        Ok(Ground { folder, lab, pristine, solution, lock })
    }

    /// The files that are judged in the place of the learner's.
    fn files_of(&self, attempt: &Attempt) -> Result<Files> {
        let mut files = self.pristine.clone();
        let edit = &self.lab.meta.edit;
        match attempt {
            Attempt::Current => return pristine::current(&self.lab),
            Attempt::Original => {}
            Attempt::Reference => {
                let file = self.solution.get(edit).with_context(|| format!("the solution has no {edit}"))?;
                files.insert(edit.clone(), file.clone());
            }
            Attempt::Path(folder) if folder.is_dir() => {
                files.extend(pristine::current(&Lab { folder: folder.clone(), ..self.lab.clone() })?);
            }
            Attempt::Path(file) => {
                let text = std::fs::read(file).with_context(|| format!("Cannot read {}", file.display()))?;
                files.insert(edit.clone(), text);
            }
        }
        Ok(files)
    }

    /// The pristine lab with what counts of these files.
    fn yours(&self, theirs: &Files) -> Yours {
        let (files, ignored) = with_pristine_contract(&self.lab, &self.pristine, theirs);
        let is_theirs = |path: &str| {
            path.starts_with("src/")
                && path != CONTRACT
                && is_source(Path::new(path))
                && self.pristine.get(path) != files.get(path)
        };
        let refused = judges::refused(&self.lab.name, &files, is_theirs);
        Yours { files, ignored, refused }
    }

    /// The workspace of these members.
    fn with_members(self, workspace: &Workspace, members: &[&str], yours: Yours) -> Result<Arena> {
        let origin = write_root(workspace, &self.lab, &self.folder, members)?;
        let Yours { ignored, refused, .. } = yours;
        Ok(Arena { lab: self.lab, origin, ignored, refused, folder: self.folder, _lock: self.lock })
    }
}

/// What is built as yours.
#[derive(Default)]
struct Yours {
    files: Files,
    ignored: Vec<String>,
    refused: Option<String>,
}

/// Lays out original, yours and reference.
pub fn lay_out(workspace: &Workspace, lab: &Lab, attempt: &Attempt) -> Result<Arena> {
    let ground = Ground::lay_out(workspace, lab)?;
    let theirs = ground.files_of(attempt)?;
    let lab = &ground.lab;
    if !theirs.contains_key(&lab.meta.edit) {
        bail!(
            "labs/{}/{} is not there: `make reset-{}` puts the original in its place",
            lab.name,
            lab.meta.edit,
            lab.nn()
        );
    }
    let mut yours = ground.yours(&theirs);
    if *attempt == Attempt::Current {
        yours.ignored.extend(beside(lab));
    }
    write_package(&ground.folder.join("yours"), lab, "yours", &yours.files)?;
    let mut members = vec!["original", "yours", "reference"];
    if lab.meta.kind == Kind::Kernel {
        write_judge(&ground.folder.join("judge"), lab)?;
        members.push("judge");
    }
    ground.with_members(workspace, &members, yours)
}

impl Arena {
    /// Builds all programs; an error in yours comes back as the compiler's words, with the paths that the learner knows.
    /// Without timing the judge is left out.
    pub fn build(&self, workspace: &Workspace, with_judge: bool) -> Result<std::result::Result<Programs, String>> {
        let has_judge = self.lab.meta.kind == Kind::Kernel && with_judge;
        let left_out = (self.lab.meta.kind == Kind::Kernel && !has_judge).then_some("judge");
        let executables = match self.build_all(workspace, "Building", left_out)? {
            Built::Done(executables) => executables,
            // The judge calls the learner's function: another signature is a mistake that is found there.
            Built::Failed(failure) => {
                match failure.mistakes_in(&["yours", "judge"].map(|role| package_name(&self.lab, role))) {
                    Some(words) => return Ok(Err(self.as_the_learner_knows_it(workspace, &words))),
                    None => bail!("{}", self.as_the_learner_knows_it(workspace, &failure.of(&self.lab.name))),
                }
            }
        };
        let find = |role: &str| self.program(&executables, role);
        Ok(Ok(Programs {
            original: find("original")?,
            yours: find("yours")?,
            reference: find("reference")?,
            judge: has_judge.then(|| find("judge")).transpose()?,
        }))
    }

    /// Builds the programs of all members but one.
    fn build_all(&self, workspace: &Workspace, title: &str, left_out: Option<&str>) -> Result<Built> {
        // Both time functions in one process: there the place of a function must not matter.
        let is_aligned = matches!(self.lab.meta.kind, Kind::Kernel | Kind::Review);
        let mut arguments = vec!["--bins".to_string(), "--workspace".into()];
        if let Some(role) = left_out {
            arguments.extend(["--exclude".into(), package_name(&self.lab, role)]);
        }
        let build = Build {
            title: title.into(),
            arguments,
            for_debugger: false,
            manifest: Some(self.folder.join("Cargo.toml")),
            // Other flags need another folder; the database and service labs share all that is heavy with the ordinary build.
            target: is_aligned.then(|| workspace.target.join("judge")),
            rustflags: if is_aligned { vec![JUDGE_FLAGS.into()] } else { Vec::new() },
        };
        let built = cargo::build(workspace, &build)?;
        self.note_lock()?;
        Ok(built)
    }

    fn program(&self, executables: &[(String, PathBuf)], role: &str) -> Result<PathBuf> {
        let name = package_name(&self.lab, role);
        let found = executables.iter().find_map(|(package, path)| (*package == name).then(|| path.clone()));
        found.with_context(|| format!("cargo built no program for {name}"))
    }

    /// Builds one program, `original`, `yours` or `reference`, with a profiler's feature, as its own crate is built with it.
    pub fn build_with(&self, workspace: &Workspace, role: &str, feature: &str) -> Result<PathBuf> {
        let package = package_name(&self.lab, role);
        let mut needs = programs::needs(&self.lab);
        needs.push(feature);
        let build = Build {
            title: cargo::title(
                &workspace.target,
                &format!("{} ({role}) with its {feature} profiler", self.lab.name),
                &needs,
            ),
            arguments: vec!["--package".into(), package.clone(), "--features".into(), feature.into()],
            manifest: Some(self.folder.join("Cargo.toml")),
            ..Build::default()
        };
        let built = cargo::build(workspace, &build)?;
        self.note_lock()?;
        match built {
            Built::Failed(failure) => bail!("{}", self.as_the_learner_knows_it(workspace, &failure.of(&package))),
            built => built.executable(&package),
        }
    }

    /// Remembers the lock file as Cargo left it. Another text than this was cut short or edited, and is made anew.
    fn note_lock(&self) -> Result<()> {
        let lock = std::fs::read(self.folder.join(LOCK)).unwrap_or_default();
        write_if_changed(&self.folder.join(STAMP), format!("{}\n{}\n", self.origin, pristine::sha256(&lock)).as_bytes())
    }

    /// The compiler's words, with the paths that the learner knows.
    fn as_the_learner_knows_it(&self, workspace: &Workspace, words: &str) -> String {
        let yours = self.folder.join("yours");
        let theirs = workspace.show(&self.lab.folder);
        let words = words.replace(&format!("{}/", yours.display()), &format!("{theirs}/"));
        words.replace("yours/src/", &format!("{theirs}/src/"))
    }
}

fn lock(path: &Path, lab: &Lab) -> Result<File> {
    create_folder(path.parent().context("the lock has a folder")?)?;
    let file = File::create(path).with_context(|| format!("Cannot write {}", path.display()))?;
    if file.try_lock().is_err() {
        let bar = waiting(format!("Another run is comparing {}; waiting for it", lab.name));
        file.lock()?;
        bar.finish_and_clear();
    }
    Ok(file)
}

/// The pristine lab with the learner's file, and with the files that are new. Returns also which edits that leaves out.
fn with_pristine_contract(lab: &Lab, pristine: &Files, theirs: &Files) -> (Files, Vec<String>) {
    let is_contract = |path: &str| path == CONTRACT || path.starts_with("src/contract/");
    // A second program, or what stands in the place of the contract's and the program's own modules.
    let is_taken = |path: &str| is_contract(path) || ["src/bin/", "src/main/"].iter().any(|it| path.starts_with(it));
    let counts = |path: &str| {
        path == lab.meta.edit || !pristine.contains_key(path) && path.starts_with("src/") && !is_taken(path)
    };
    let mut yours: Files = pristine
        .iter()
        .filter(|(path, _)| !is_contract(path))
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect();
    yours.extend(theirs.iter().filter(|(path, _)| counts(path)).map(|(path, text)| (path.clone(), text.clone())));
    yours.insert(CONTRACT.into(), REEXPORT.into());
    let differs = |path: &&String| !counts(path) && pristine.get(*path) != theirs.get(*path);
    let all: BTreeSet<&String> = pristine.keys().chain(theirs.keys()).collect();
    let ignored = all.into_iter().filter(differs).map(|path| format!("labs/{}/{path}", lab.name)).collect();
    (yours, ignored)
}

/// What lies beside a lab's sources and would change a build of its own folder. The arena has none of it.
fn beside(lab: &Lab) -> Vec<String> {
    let names =
        ["build.rs", ".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain", "Cargo.lock"];
    let found = names.into_iter().filter(|name| lab.folder.join(name).exists());
    found.map(|name| format!("labs/{}/{name}", lab.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab() -> Lab {
        let text = "[package]\nname = \"lab-99-tiny\"\n[package.metadata.lab]\npart = 1\nminutes = 1\nkind = \"store\"\n\
                    edit = \"src/tiny.rs\"\ntools = []\nculprit = \"tiny\"\ngates = []\n";
        catalogue::declared(Path::new("labs/lab-99-tiny"), text).expect("a declaration")
    }

    fn files(files: &[(&str, &str)]) -> Files {
        files.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec())).collect()
    }

    fn pristine() -> Files {
        files(&[
            ("Cargo.toml", "[package]"),
            ("benches/bench.rs", "bench"),
            ("src/contract/mod.rs", "the contract"),
            ("src/lib.rs", "pub mod contract; pub mod tiny;"),
            ("src/main.rs", "main"),
            ("src/tiny.rs", "slow"),
        ])
    }

    #[test]
    fn only_the_file_to_edit_and_new_ones_count_and_every_other_edit_is_named() {
        let mut theirs = pristine();
        theirs.extend(files(&[
            ("Cargo.toml", "[package] # mine"),
            ("benches/bench.rs", "mine"),
            ("src/bin/lab.rs", "another program"),
            ("src/contract.rs", "a contract beside"),
            ("src/contract/mod.rs", "my contract"),
            ("src/lib.rs", "#[path = \"mine.rs\"] pub mod contract; pub mod tiny;"),
            ("src/mine.rs", "agrees with anything"),
            ("src/tiny.rs", "mod helper;"),
            ("src/tiny/helper.rs", "helps"),
        ]));
        theirs.remove("src/main.rs");
        let (yours, ignored) = with_pristine_contract(&lab(), &pristine(), &theirs);
        assert_eq!(yours["src/lib.rs"], pristine()["src/lib.rs"]);
        assert_eq!(yours["src/main.rs"], b"main");
        assert_eq!(yours["Cargo.toml"], b"[package]");
        assert_eq!(
            (yours["src/tiny.rs"].as_slice(), yours["src/tiny/helper.rs"].as_slice()),
            (&b"mod helper;"[..], &b"helps"[..])
        );
        assert!(yours["src/contract.rs"].starts_with(b"//! The judge's own contract."));
        assert!(!yours.contains_key("src/contract/mod.rs") && !yours.contains_key("src/bin/lab.rs"));
        let expected = [
            "Cargo.toml",
            "benches/bench.rs",
            "src/bin/lab.rs",
            "src/contract.rs",
            "src/contract/mod.rs",
            "src/lib.rs",
            "src/main.rs",
        ];
        assert_eq!(ignored, expected.map(|path| format!("labs/lab-99-tiny/{path}")));
    }

    #[test]
    fn an_untouched_lab_has_nothing_to_report() {
        assert_eq!(with_pristine_contract(&lab(), &pristine(), &pristine()).1, Vec::<String>::new());
    }
}
