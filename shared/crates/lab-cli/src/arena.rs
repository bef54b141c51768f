//! The arena: a small workspace of its own under `target/lab/<name>/arena` in which baseline, yours and reference are built as
//! the same program.
//!
//! `baseline` is the pristine lab, `reference` the solution, and `yours` the learner's sources with the pristine contract, main
//! and manifest: edits of those do not count. For kernel labs a fourth package times the three in one process.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use crate::cargo::{self, Build, Built};
use crate::catalogue::{self, Kind, Lab};
use crate::pristine::{self, Files};
use crate::terminal::spinner;
use crate::verbs::reproduce;
use crate::workspace::{Workspace, create_folder, write_if_changed};

/// Aligned functions: two identical copies of a branchy loop otherwise differ by their place in memory (measurement.md).
pub const JUDGE_FLAGS: &str = "-Cllvm-args=-align-all-functions=6";

/// A lab laid out for comparison. Holds the lab's lock: one comparison at a time.
pub struct Arena {
    /// The pristine declaration: its gates judge.
    pub lab: Lab,
    /// Files of the learner's that do not count.
    pub ignored: Vec<String>,
    folder: PathBuf,
    _lock: File,
}

/// The programs that were built.
#[derive(Debug)]
pub struct Programs {
    /// The pristine lab's.
    pub baseline: PathBuf,
    /// The learner's.
    pub yours: PathBuf,
    /// The solution's.
    pub reference: PathBuf,
    /// The timing judge, for kernel labs.
    pub judge: Option<PathBuf>,
}

/// Whose files are compared with the pristine ones.
pub enum Attempt<'a> {
    /// The lab's folder as it is now.
    Current,
    /// One file in place of the one that the learner edits.
    File(&'a Path),
    /// A lab's folder from elsewhere; what it does not have is pristine.
    Folder(&'a Path),
}

/// Lays out baseline, yours and reference.
pub fn lay_out(workspace: &Workspace, lab: &Lab, attempt: &Attempt) -> Result<Arena> {
    let folder = workspace.lab_target(&lab.name).join("arena");
    let lock = lock(&folder.with_extension("lock"), lab)?;
    let pristine = pristine::files(workspace, lab)?;
    let theirs = match attempt {
        Attempt::Current => pristine::current(lab)?,
        Attempt::Folder(folder) => {
            let mut files = pristine.clone();
            files.extend(pristine::current(&Lab { folder: folder.to_path_buf(), ..lab.clone() })?);
            files
        }
        Attempt::File(file) => {
            let mut files = pristine.clone();
            let text = std::fs::read(file).with_context(|| format!("Cannot read {}", file.display()))?;
            files.insert(lab.meta.edit.clone(), text);
            files
        }
    };
    let mut solution = Files::new();
    let solution_folder = catalogue::solution(workspace, lab)?.folder;
    for part in ["Cargo.toml", "src"] {
        pristine::collect(&solution_folder, &solution_folder.join(part), &mut solution)?;
    }

    write_package(&folder.join("baseline"), lab, "baseline", &pristine)?;
    let declaration = std::str::from_utf8(&pristine["Cargo.toml"])?;
    let pristine_lab = catalogue::declared(&lab.folder, declaration)?;
    let (yours, ignored) = with_pristine_contract(lab, &pristine, &theirs);
    write_package(&folder.join("yours"), lab, "yours", &yours)?;
    write_package(&folder.join("reference"), lab, "reference", &solution)?;
    let mut members = vec!["baseline", "yours", "reference"];
    if pristine_lab.meta.kind == Kind::Kernel {
        write_judge(&folder.join("judge"), &pristine_lab)?;
        members.push("judge");
    }
    write_root(workspace, lab, &folder, &members)?;
    Ok(Arena { lab: pristine_lab, ignored, folder, _lock: lock })
}

impl Arena {
    /// Builds all programs; an error in yours comes back as the compiler's words, with the paths that the learner knows.
    /// Without timing the judge is left out.
    pub fn build(&self, workspace: &Workspace, with_judge: bool) -> Result<std::result::Result<Programs, String>> {
        let is_kernel = self.lab.meta.kind == Kind::Kernel;
        let has_judge = is_kernel && with_judge;
        let mut arguments = vec!["--bins".to_string(), "--workspace".into()];
        if is_kernel && !has_judge {
            arguments.extend(["--exclude".into(), package_name(&self.lab, "judge")]);
        }
        let build = Build {
            title: "Building".into(),
            arguments,
            profile: None,
            manifest: Some(self.folder.join("Cargo.toml")),
            // Other flags need another folder; the database and service labs share all that is heavy with the ordinary build.
            target: is_kernel.then(|| workspace.target.join("judge")),
            rustflags: if is_kernel { vec![JUDGE_FLAGS.into()] } else { Vec::new() },
        };
        let executables = match cargo::build(workspace, &build)? {
            Built::Done(executables) => executables,
            Built::Failed(words) => return Ok(Err(self.as_the_learner_knows_it(workspace, &words))),
        };
        let find = |role: &str| {
            let name = package_name(&self.lab, role);
            let found = executables.iter().find_map(|(package, path)| (*package == name).then(|| path.clone()));
            found.with_context(|| format!("cargo built no program for {name}"))
        };
        Ok(Ok(Programs {
            baseline: find("baseline")?,
            yours: find("yours")?,
            reference: find("reference")?,
            judge: has_judge.then(|| find("judge")).transpose()?,
        }))
    }

    /// Builds one program, `baseline`, `yours` or `reference`, with a profiler's feature, as its own crate is built with it.
    pub fn build_with(&self, workspace: &Workspace, role: &str, feature: &str) -> Result<PathBuf> {
        let package = package_name(&self.lab, role);
        let mut needs = reproduce::needs(&self.lab);
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
        match cargo::build(workspace, &build)? {
            Built::Failed(words) => {
                bail!("{} does not compile:\n{}", self.lab.name, self.as_the_learner_knows_it(workspace, &words))
            }
            built => built.executable(&package),
        }
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
        let bar = spinner(format!("Another run is comparing {}; waiting for it", lab.name));
        file.lock()?;
        bar.finish_and_clear();
    }
    Ok(file)
}

/// The learner's sources, but the judge's contract, main and manifest. Returns also which edited files that leaves out.
fn with_pristine_contract(lab: &Lab, pristine: &Files, theirs: &Files) -> (Files, Vec<String>) {
    let is_judges = |path: &str| {
        path == "Cargo.toml"
            || path == "src/main.rs"
            || path == "src/contract.rs"
            || path.starts_with("src/contract/")
            || path.starts_with("benches/")
    };
    let mut yours: Files =
        theirs.iter().filter(|(path, _)| !is_judges(path)).map(|(path, text)| (path.clone(), text.clone())).collect();
    for path in ["Cargo.toml", "src/main.rs"] {
        if let Some(text) = pristine.get(path) {
            yours.insert(path.into(), text.clone());
        }
    }
    let reexport = "//! The judge's own contract.\npub use pristine::contract::*;\n";
    yours.insert("src/contract.rs".into(), reexport.into());
    let ignored = theirs
        .iter()
        .filter(|(path, text)| is_judges(path) && pristine.get(*path) != Some(*text))
        .map(|(path, _)| format!("labs/{}/{path}", lab.name))
        .collect();
    (yours, ignored)
}

fn package_name(lab: &Lab, role: &str) -> String {
    format!("{}-{role}", lab.name)
}

/// Writes one package; files that are no longer part of it go away, unchanged ones keep their time stamps.
fn write_package(folder: &Path, lab: &Lab, role: &str, files: &Files) -> Result<()> {
    let mut stale = Files::new();
    pristine::collect(folder, &folder.join("src"), &mut stale)?;
    for (path, text) in files {
        if path == "Cargo.toml" {
            write_if_changed(&folder.join(path), manifest(lab, role, text)?.as_bytes())?;
        } else if path.starts_with("src/") {
            stale.remove(path);
            write_if_changed(&folder.join(path), text)?;
        }
    }
    for path in stale.keys() {
        std::fs::remove_file(folder.join(path))?;
    }
    Ok(())
}

/// A package's manifest under another name, without benches, tests and the program's old name, and with the pristine lab wherever a lab is named.
fn manifest(lab: &Lab, role: &str, text: &[u8]) -> Result<String> {
    let mut table: Table = std::str::from_utf8(text)?.parse()?;
    let library = table
        .get("package")
        .and_then(|package| package.get("name")?.as_str())
        .context("a manifest has a package name")?
        .replace('-', "_");
    for section in ["bench", "bin", "dev-dependencies", "test", "lints"] {
        table.remove(section);
    }
    let package = table.get_mut("package").and_then(Value::as_table_mut).context("a manifest has a package")?;
    package.insert("name".into(), package_name(lab, role).into());
    package.remove("metadata");
    table.insert("lib".into(), Table::from_iter([("name".to_string(), library.into())]).into());
    let dependencies = table.entry("dependencies").or_insert_with(|| Table::new().into());
    let dependencies = dependencies.as_table_mut().context("dependencies are a table")?;
    let baseline = || {
        Value::from(Table::from_iter([
            ("package".to_string(), package_name(lab, "baseline").into()),
            ("path".to_string(), "../baseline".into()),
        ]))
    };
    if dependencies.contains_key(&lab.name) {
        dependencies.insert(lab.name.clone(), baseline());
    }
    if role == "yours" {
        dependencies.insert("pristine".into(), baseline());
    }
    Ok(toml::to_string(&table)?)
}

fn write_judge(folder: &Path, lab: &Lab) -> Result<()> {
    let (Some(contract), Some(function)) = (&lab.meta.contract, &lab.meta.function) else {
        bail!("{} declares no contract and function", lab.name);
    };
    let dependency =
        |role: &str| format!("{role} = {{ path = \"../{role}\", package = \"{}\" }}\n", package_name(lab, role));
    let manifest = format!(
        "[package]\nname = \"{}\"\nversion.workspace = true\nedition.workspace = true\n\n[dependencies]\nlab-harness.workspace = true\n{}{}{}",
        package_name(lab, "judge"),
        dependency("baseline"),
        dependency("yours"),
        dependency("reference"),
    );
    let main = format!(
        "//! Written by `lab verify`: baseline, yours and reference in one process.\n\n\
         fn main() -> std::process::ExitCode {{\n    \
             lab_harness::judge::main::<baseline::{contract}>(&lab_harness::judge::Subjects {{\n        \
                 baseline: |input| baseline::{function}(input),\n        \
                 yours: |input| yours::{function}(input),\n        \
                 reference: |input| reference::{function}(input),\n    \
             }})\n}}\n"
    );
    write_if_changed(&folder.join("Cargo.toml"), manifest.as_bytes())?;
    write_if_changed(&folder.join("src/main.rs"), main.as_bytes())
}

/// The arena's own workspace: our versions and profiles, with our crates by absolute path.
fn write_root(workspace: &Workspace, lab: &Lab, folder: &Path, members: &[&str]) -> Result<()> {
    let text = std::fs::read_to_string(workspace.root.join("Cargo.toml"))?;
    let mut root: Table = text.parse()?;
    let section = root.get_mut("workspace").and_then(Value::as_table_mut).context("the root is a workspace")?;
    section.insert("members".into(), members.iter().map(|member| Value::from(*member)).collect::<Vec<_>>().into());
    let dependencies = section.get_mut("dependencies").and_then(Value::as_table_mut).context("it has dependencies")?;
    for dependency in dependencies.iter_mut().filter_map(|(_, value)| value.as_table_mut()) {
        if let Some(path) = dependency.get("path").and_then(Value::as_str) {
            let absolute = workspace.root.join(path).display().to_string();
            dependency.insert("path".into(), absolute.into());
        }
    }
    // Only what the build uses: Cargo warns of every override that matches none of the arena's packages.
    let profiles = root.get_mut("profile").and_then(Value::as_table_mut).context("the root has profiles")?;
    profiles.retain(|name, _| name == "release");
    for packages in profiles.iter_mut().filter_map(|(_, profile)| profile.get_mut("package")?.as_table_mut()) {
        packages.retain(|name, _| name == "*");
    }
    write_if_changed(&folder.join("Cargo.toml"), toml::to_string(&root)?.as_bytes())?;
    // Same versions as the repository's. Cargo adds the arena's own packages, so the copy is only made when the original changed.
    let lock = std::fs::read(workspace.root.join("Cargo.lock")).context("Cargo.lock is missing")?;
    let stamp = folder.join("Cargo.lock.origin");
    let origin = format!("{} {}", pristine::sha256(&lock), lab.name);
    if std::fs::read_to_string(&stamp).ok().as_deref() != Some(&origin) || !folder.join("Cargo.lock").is_file() {
        write_if_changed(&folder.join("Cargo.lock"), &lock)?;
        write_if_changed(&stamp, origin.as_bytes())?;
    }
    Ok(())
}
