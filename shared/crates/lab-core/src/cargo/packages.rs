//! The packages of ours that go into a build: those that it names, and what they depend on by path.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml::{Table, Value};

/// A package with sources on this disk that somebody may edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub folder: PathBuf,
    /// Folders of the packages of ours that it names.
    needs: Vec<PathBuf>,
}

/// Whose source a word of the compiler's is about.
#[derive(Debug, Clone, Default)]
pub struct Author {
    /// The package's name.
    pub package: String,
    /// The crates that its sources can name: its own, those that it declares, and the language's.
    pub crates: Vec<String>,
}

/// The package that a manifest declares; an empty one where it cannot be read.
pub fn author(manifest_path: &Path) -> Author {
    let Some(Ok(table)) = manifest_path.parent().map(manifest) else { return Author::default() };
    let package = name(&table).unwrap_or_default().to_string();
    let own = table.get("lib").and_then(|library| library.get("name")?.as_str()).unwrap_or(&package);
    let is_optional = |value: &Value| value.get("optional").and_then(Value::as_bool) == Some(true);
    let named = declared(&table).filter(|(_, value)| !is_optional(value)).map(|(name, _)| name.as_str());
    let crates = named.chain([own, "std", "core", "alloc"]).map(|name| name.replace('-', "_")).collect();
    Author { package, crates }
}

/// The packages of a workspace that go into a build, by folder: the named ones, or all members where none is named.
pub fn of_build(root: &Path, named: &[&str]) -> Result<BTreeMap<PathBuf, Package>> {
    let workspace = manifest(root)?;
    let mut found = BTreeMap::new();
    for folder in members(root, &workspace) {
        // A member that is broken is Cargo's to name.
        let Ok(table) = manifest(&folder) else { continue };
        if named.is_empty() || name(&table).is_some_and(|name| named.contains(&name)) {
            follow(root, &workspace, &folder, &mut found)?;
        }
    }
    Ok(found)
}

/// The packages that these folders' packages go with, themselves included.
pub fn below(root: &Path, folders: &[PathBuf]) -> Result<BTreeMap<PathBuf, Package>> {
    let workspace = manifest(root)?;
    let mut found = BTreeMap::new();
    for folder in folders {
        follow(root, &workspace, folder, &mut found)?;
    }
    Ok(found)
}

/// The folders that a package of them stands on, its own included.
pub fn reached<'a>(all: &'a BTreeMap<PathBuf, Package>, from: &'a Path) -> BTreeSet<&'a Path> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(folder) = next.pop() {
        if let Some(package) = all.get(folder).filter(|_| reached.insert(folder)) {
            next.extend(package.needs.iter().map(PathBuf::as_path));
        }
    }
    reached
}

fn follow(root: &Path, workspace: &Table, folder: &Path, found: &mut BTreeMap<PathBuf, Package>) -> Result<()> {
    let folder = folder.canonicalize().with_context(|| format!("Cannot find {}", folder.display()))?;
    if found.contains_key(&folder) {
        return Ok(());
    }
    let table = manifest(&folder)?;
    let name = name(&table).with_context(|| format!("{} has no package name", folder.display()))?.to_string();
    let needs: Vec<PathBuf> = by_path(root, workspace, &folder, &table);
    found.insert(folder.clone(), Package { name, folder, needs: needs.clone() });
    needs.iter().try_for_each(|needed| follow(root, workspace, needed, found))
}

/// The folders of all dependencies by path, of whatever kind and for whatever target.
fn by_path(root: &Path, workspace: &Table, folder: &Path, table: &Table) -> Vec<PathBuf> {
    let shared = workspace.get("workspace").and_then(|section| section.get("dependencies")?.as_table());
    let folders = declared(table).filter_map(|(name, value)| {
        if let Some(path) = value.get("path").and_then(Value::as_str) {
            return Some(folder.join(path));
        }
        let inherits = value.get("workspace").and_then(Value::as_bool) == Some(true);
        let path = shared.filter(|_| inherits)?.get(name)?.get("path")?.as_str()?;
        Some(root.join(path))
    });
    folders.filter_map(|folder| folder.canonicalize().ok()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The dependencies that a manifest declares, of whatever kind and for whatever target.
fn declared(table: &Table) -> impl Iterator<Item = (&String, &Value)> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let for_targets = table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let sections = std::iter::once(table).chain(for_targets.filter_map(Value::as_table));
    sections.flat_map(|section| KINDS.into_iter().filter_map(|kind| section.get(kind)?.as_table())).flatten()
}

fn members(root: &Path, workspace: &Table) -> Vec<PathBuf> {
    let members = workspace.get("workspace").and_then(|section| section.get("members")?.as_array());
    // Ours names its members one by one: in a folder with a bracket in its name a pattern finds none.
    let folders = members.into_iter().flatten().filter_map(|member| Some(root.join(member.as_str()?)));
    let own = workspace.contains_key("package").then(|| root.to_path_buf());
    folders.chain(own).filter(|folder| folder.join("Cargo.toml").is_file()).collect()
}

fn manifest(folder: &Path) -> Result<Table> {
    let path = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("{} is no manifest", path.display()))
}

fn name(table: &Table) -> Option<&str> {
    table.get("package")?.get("name")?.as_str()
}
