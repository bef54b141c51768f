//! The seal on what judges: `labs/judge.sha256` names by hash every shared crate that a contract or the judge stands on, the solutions
//! that are the reference, and what steers the build of them all: the workspace's manifest, Cargo's own settings, the toolchain, and
//! the versions of other people's crates. Under an edit of one of them there is no verdict: a counter that counts nothing would call
//! anything solved.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use crate::cargo::packages;
use crate::catalogue::Lab;
use crate::pristine::sha256;
use crate::source::{inputs, is_source, with_plain_line_ends};
use crate::workspace::Workspace;

/// The file that says what judges, in `sha256sum`'s format; `lab dev update` writes it.
pub const SEAL: &str = "labs/judge.sha256";

/// What steers every build of the checkout: our own versions and profiles, with which the arena is built too, and Cargo's settings;
/// and what a service is held against.
const STEERING: [&str; 4] = ["Cargo.toml", ".cargo/config.toml", "rust-toolchain.toml", "shared/stack/slo.json"];

/// What customers do while a service is timed.
const SCENARIOS: &str = "shared/stack/scenarios";

/// What is read in the place of ours if somebody puts it there.
const INSTEAD: [&str; 2] = [".cargo/config", "rust-toolchain"];

/// The versions of all crates. A learner who tries a crate in a lab adds lines to it: only the versions that what judges is compiled
/// with count.
const LOCK: &str = "Cargo.lock";

/// Hashes by path from the top of the checkout.
type Hashes = BTreeMap<String, String>;

/// The text of the seal for what is there now.
pub fn text(workspace: &Workspace, labs: &[Lab]) -> Result<String> {
    let mut folders = Vec::new();
    for lab in labs {
        folders.push(lab.folder.clone());
        let solution = workspace.root.join("solutions").join(lab.solution_name());
        folders.extend(solution.join("Cargo.toml").is_file().then_some(solution));
    }
    let mut parts: Vec<String> = labs.iter().map(|lab| format!("solutions/{}", lab.solution_name())).collect();
    for folder in packages::below(&workspace.root, &folders)?.keys() {
        let Some(name) = folder.file_name().filter(|_| folder.parent().is_some_and(|it| it.ends_with("shared/crates")))
        else {
            continue;
        };
        parts.push(format!("shared/crates/{}", name.to_string_lossy()));
    }
    let mut hashes = hashes(workspace, parts.iter().map(String::as_str).chain([SCENARIOS]))?;
    hashes.extend(versions(workspace, &parts));
    Ok(hashes.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect())
}

/// Refuses to judge a lab while anything that judges it is edited.
pub fn check(workspace: &Workspace, lab: &Lab) -> Result<()> {
    const NAMED: usize = 8;
    let edited = edited(workspace, lab)?;
    if edited.is_empty() {
        return Ok(());
    }
    let more = if edited.len() > NAMED { format!(" and {} more", edited.len() - NAMED) } else { String::new() };
    let named = &edited[..edited.len().min(NAMED)];
    let those = |is_new: bool, between: &str| -> String {
        named.iter().filter(|it| it.is_new == is_new).map(|it| it.path.as_str()).collect::<Vec<_>>().join(between)
    };
    let mut advice = Vec::new();
    if named.iter().any(|it| !it.is_new) {
        let old = those(false, " ");
        advice.push(format!("Put it back with `git checkout -- {old}`, or from the archive that you downloaded. "));
    }
    if named.iter().any(|it| it.is_new) {
        advice.push(format!("Remove what is new: {}. ", those(true, ", ")));
    }
    bail!(
        "what judges {} is edited, so there is no verdict: {}{more}. {}If you are writing it: `cargo lab dev update`",
        lab.name,
        named.iter().map(|it| it.path.as_str()).collect::<Vec<_>>().join(", "),
        advice.concat()
    )
}

/// A file that judges and is not what the seal says.
#[derive(Debug, PartialEq, Eq)]
struct Edited {
    path: String,
    /// Not in the seal at all.
    is_new: bool,
}

/// Whether a new file can change a build by being there: others (`manifest.rs.bak`, `perf.data`) need a source that names them.
fn counts_when_new(path: &str) -> bool {
    INSTEAD.contains(&path) || is_source(Path::new(path)) || path.ends_with("/Cargo.toml")
}

/// The files that judge a lab and are not what the seal says: changed, gone, or new.
fn edited(workspace: &Workspace, lab: &Lab) -> Result<Vec<Edited>> {
    let path = workspace.root.join(SEAL);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("Cannot read {SEAL}: restore it, with git or from the archive"))?;
    let own = format!("solutions/{}/", lab.solution_name());
    let lines = || text.lines().filter_map(|line| line.split_once("  "));
    let sealed: Hashes = lines()
        .filter(|(_, path)| !path.starts_with("solutions/") || path.starts_with(&own))
        .map(|(hash, path)| (path.to_string(), hash.to_string()))
        .collect();
    if !sealed.keys().any(|path| path.starts_with(&own)) {
        bail!("{SEAL} does not know the solution of {}: if you are writing it, run `cargo lab dev update`", lab.name);
    }
    let all: BTreeSet<String> = lines().filter_map(|(_, path)| part(path)).collect();
    let judges = |part: &&String| !part.starts_with("solutions/") || own.trim_end_matches('/') == part.as_str();
    let mut now = hashes(workspace, all.iter().filter(judges).map(String::as_str))?;
    if sealed.contains_key(LOCK) {
        now.extend(versions(workspace, &all));
    }
    let all: BTreeSet<&String> = sealed.keys().chain(now.keys()).collect();
    let edited = all.into_iter().filter(|path| sealed.get(*path) != now.get(*path));
    let edited = edited.map(|path| Edited { path: path.clone(), is_new: !sealed.contains_key(path) });
    Ok(edited.filter(|it| !it.is_new || counts_when_new(&it.path)).collect())
}

/// The package's folder that a sealed file lies in.
fn part(path: &str) -> Option<String> {
    let depth = if path.starts_with("solutions/") { 2 } else { 3 };
    let parts: Vec<&str> = path.split('/').collect();
    (parts.len() > depth).then(|| parts[..depth].join("/"))
}

/// The lock file's line: a hash of the versions that these packages are compiled with. None where there is no lock file.
fn versions<'a>(workspace: &Workspace, parts: impl IntoIterator<Item = &'a String>) -> Option<(String, String)> {
    let lock: Table = std::fs::read_to_string(workspace.root.join(LOCK)).ok()?.parse().ok()?;
    let packages: Vec<&Table> = lock.get("package")?.as_array()?.iter().filter_map(Value::as_table).collect();
    let text = |package: &Table, key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    let names: BTreeSet<&str> = parts.into_iter().filter_map(|part| part.rsplit('/').next()).collect();
    let is_lab =
        |name: &str| name.strip_prefix("lab-").is_some_and(|rest| names.contains(format!("solution-{rest}").as_str()));
    let mut next: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    let mut reached = BTreeSet::new();
    while let Some(wanted) = next.pop() {
        // `name`, or `name version` where there are several.
        let mut words = wanted.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        let is_wanted = |package: &&&Table| {
            text(package, "name") == name && version.is_none_or(|version| text(package, "version") == version)
        };
        for package in packages.iter().filter(is_wanted).filter(|_| !is_lab(name)) {
            let line = ["name", "version", "source", "checksum"].map(|key| text(package, key)).join(" ");
            if reached.insert(line) {
                let needed = package.get("dependencies").and_then(Value::as_array);
                next.extend(needed.into_iter().flatten().filter_map(Value::as_str).map(String::from));
            }
        }
    }
    Some((LOCK.into(), sha256(reached.into_iter().collect::<Vec<_>>().join("\n").as_bytes())))
}

/// Everything that can go into a build of these folders, and what steers it.
fn hashes<'a>(workspace: &Workspace, folders: impl Iterator<Item = &'a str>) -> Result<Hashes> {
    let mut hashes = Hashes::new();
    let mut add = |path: String, file: &Path| -> Result<()> {
        let bytes = std::fs::read(file).with_context(|| format!("Cannot read {}", file.display()))?;
        hashes.insert(path, sha256(&with_plain_line_ends(bytes)));
        Ok(())
    };
    for name in STEERING.into_iter().chain(INSTEAD) {
        let file = workspace.root.join(name);
        if file.is_file() {
            add(name.into(), &file)?;
        }
    }
    for part in folders {
        let folder = workspace.root.join(part);
        // What is gone is named by the seal's own lines.
        for file in if folder.is_dir() { inputs(&folder)? } else { Vec::new() } {
            let within = file.strip_prefix(&folder).expect("the walk started there").to_string_lossy().into_owned();
            let is_apart = ["tests/", "benches/", "examples/"].iter().any(|apart| within.starts_with(apart));
            if !is_apart {
                add(format!("{part}/{within}"), &file)?;
            }
        }
    }
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::catalogue;

    fn workspace(root: PathBuf) -> Workspace {
        Workspace { target: root.join("target"), state: root.join(".lab"), root }
    }

    fn repository() -> Workspace {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("shared/crates/lab-core");
        workspace(root.to_path_buf())
    }

    /// Whoever changes what judges records it: `cargo lab dev update`.
    #[test]
    fn the_seal_is_current() {
        let here = repository();
        let sealed = std::fs::read_to_string(here.root.join(SEAL)).expect("it is there");
        let now = text(&here, &catalogue::labs(&here).expect("labs")).expect("hashed");
        assert!(sealed == now, "{SEAL} is stale: run `cargo lab dev update`");
        for path in
            ["shared/crates/lab-probe/src/lib.rs", "shared/crates/lab-harness/Cargo.toml", "orderflow/src/lib.rs"]
        {
            assert!(sealed.contains(path), "{path} judges");
        }
        assert!(!sealed.contains("lab-cli") && !sealed.contains("attempts/") && !sealed.contains("README"));
    }

    #[test]
    fn an_edit_a_new_file_and_a_missing_one_of_what_judges_are_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let there = workspace(folder.path().to_path_buf());
        let write = |path: &str, text: &str| {
            let path = there.root.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            std::fs::write(path, text).expect("written");
        };
        let lab = catalogue::labs(&repository()).expect("labs").remove(0);
        let solution = format!("solutions/{}", lab.solution_name());
        let files = [
            "Cargo.toml",
            "shared/crates/lab-probe/src/lib.rs",
            "shared/crates/lab-probe/src/gone.rs",
            &format!("{solution}/src/lib.rs"),
        ];
        let other = "0  solutions/solution-99-other/src/lib.rs\n";
        files.iter().for_each(|path| write(path, "as it was\n"));
        let line = |path: &&str| format!("{}  {path}\n", sha256(b"as it was\n"));
        write(SEAL, &(files.iter().map(line).collect::<String>() + other));
        assert_eq!(edited(&there, &lab).expect("looked at"), Vec::new());
        write("shared/crates/lab-probe/src/lib.rs", "as it was\r\n");
        write("shared/crates/lab-probe/src/.lib.rs.swp", "an editor's");
        write("shared/crates/lab-probe/tests/more.rs", "judges nothing");
        // What tools and editors leave, and no source names.
        for left in ["src/lib.rs.bak", "src/lib.rs.rej", "default_123.profraw", "perf.data", "4913"] {
            write(&format!("shared/crates/lab-probe/{left}"), "left");
        }
        check(&there, &lab).expect("nothing is edited");
        write("shared/crates/lab-probe/src/lib.rs", "counts nothing\n");
        write("shared/crates/lab-probe/build.rs", "fn main() {}");
        std::fs::remove_file(there.root.join("shared/crates/lab-probe/src/gone.rs")).expect("removed");
        let said = check(&there, &lab).expect_err("no verdict").to_string();
        for path in ["lab-probe/build.rs", "lab-probe/src/gone.rs", "lab-probe/src/lib.rs"] {
            assert!(said.contains(path), "{said}");
        }
        assert!(!said.contains("solution-99") && !said.contains("perf.data"), "{said}");
        assert!(said.contains("Remove what is new: shared/crates/lab-probe/build.rs."), "{said}");
    }

    #[test]
    fn an_edit_of_what_steers_the_build_is_named_and_a_crate_that_a_learner_tries_is_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let there = workspace(folder.path().to_path_buf());
        let write = |path: &str, text: &str| {
            let path = there.root.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            std::fs::write(path, text).expect("written");
        };
        let lab = catalogue::labs(&repository()).expect("labs").remove(0);
        let solution = format!("solutions/{}", lab.solution_name());
        let package = |name: &str, version: &str, needs: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ndependencies = [{needs}]\n")
        };
        let lock = |serde: &str, of_lab: &str| {
            package("lab-probe", "0.1.0", "\"serde\"")
                + &package("serde", serde, "")
                + &package("rayon", "1.0.0", "")
                + &package(&lab.name, "0.1.0", of_lab)
                + &package(&lab.solution_name(), "0.1.0", &format!("\"{}\"", lab.name))
        };
        let scenario = format!("{SCENARIOS}/some.json");
        STEERING
            .into_iter()
            .chain(["shared/crates/lab-probe/src/lib.rs", &scenario])
            .for_each(|path| write(path, "ours\n"));
        write(&format!("{solution}/src/lib.rs"), "ours\n");
        write("Cargo.lock", &lock("1.0.0", ""));
        let parts = ["shared/crates/lab-probe".to_string(), SCENARIOS.into(), solution];
        let mut sealed = hashes(&there, parts.iter().map(String::as_str)).expect("hashed");
        sealed.extend(versions(&there, &parts));
        write(SEAL, &sealed.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect::<String>());
        let named =
            || super::edited(&there, &lab).expect("looked at").into_iter().map(|it| it.path).collect::<Vec<_>>();
        write("Cargo.lock", &lock("1.0.0", "\"rayon\""));
        assert_eq!(named(), Vec::<String>::new());
        write("Cargo.lock", &lock("1.0.1", ""));
        assert_eq!(named(), ["Cargo.lock"]);
        write("Cargo.lock", &lock("1.0.0", ""));
        let edited =
            [".cargo/config", ".cargo/config.toml", "rust-toolchain", "rust-toolchain.toml", &scenario, STEERING[3]];
        for path in edited {
            write(path, "theirs\n");
        }
        assert_eq!(named(), edited);
    }
}
