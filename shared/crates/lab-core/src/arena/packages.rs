//! What the arena's workspace and its packages are made of.

use std::path::Path;

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use super::{LOCK, STAMP};
use crate::catalogue::Lab;
use crate::pristine::{self, Files};
use crate::workspace::{Workspace, write_if_changed};

/// The package of all attempts together.
pub(super) const TOGETHER: &str = "attempts";

/// `lab-01-string-building-yours`
pub(super) fn package_name(lab: &Lab, role: &str) -> String {
    format!("{}-{role}", lab.name)
}

/// Writes one package; files that are no longer part of it go away, unchanged ones keep their time stamps.
pub(super) fn write_package(folder: &Path, lab: &Lab, role: &str, files: &Files) -> Result<()> {
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
    for section in ["lib", "bench", "bin", "dev-dependencies", "test", "lints"] {
        table.remove(section);
    }
    let package = table.get_mut("package").and_then(Value::as_table_mut).context("a manifest has a package")?;
    package.insert("name".into(), package_name(lab, role).into());
    package.remove("metadata");
    if role != TOGETHER {
        table.insert("lib".into(), Table::from_iter([("name".to_string(), library.into())]).into());
    }
    let dependencies = table.entry("dependencies").or_insert_with(|| Table::new().into());
    let dependencies = dependencies.as_table_mut().context("dependencies are a table")?;
    let original = || {
        Value::from(Table::from_iter([
            ("package".to_string(), package_name(lab, "original").into()),
            ("path".to_string(), "../original".into()),
        ]))
    };
    if dependencies.contains_key(&lab.name) {
        dependencies.insert(lab.name.clone(), original());
    }
    if ["yours", TOGETHER].contains(&role) {
        dependencies.insert("pristine".into(), original());
        // As in the lab, where the workspace denies it; only that no attribute allows it again: unsafe code reaches past every counter.
        let unsafe_code = Table::from_iter([("unsafe_code".to_string(), Value::from("forbid"))]);
        table.insert("lints".into(), Table::from_iter([("rust".to_string(), unsafe_code.into())]).into());
    }
    Ok(toml::to_string(&table)?)
}

pub(super) fn write_judge(folder: &Path, lab: &Lab) -> Result<()> {
    let (Some(contract), Some(function)) = (&lab.meta.contract, &lab.meta.function) else {
        bail!("{} declares no contract and function", lab.name);
    };
    let dependency =
        |role: &str| format!("{role} = {{ path = \"../{role}\", package = \"{}\" }}\n", package_name(lab, role));
    let manifest = format!(
        "[package]\nname = \"{}\"\nversion.workspace = true\nedition.workspace = true\n\n[dependencies]\nlab-harness.workspace = true\n{}{}{}",
        package_name(lab, "judge"),
        dependency("original"),
        dependency("yours"),
        dependency("reference"),
    );
    let main = format!(
        "//! Written by `lab verify`: original, yours and reference in one process.\n\n\
         fn main() -> std::process::ExitCode {{\n    \
             lab_harness::judge::main::<original::{contract}>(&lab_harness::judge::Subjects {{\n        \
                 original: |input| original::{function}(input),\n        \
                 yours: |input| yours::{function}(input),\n        \
                 reference: |input| reference::{function}(input),\n    \
             }})\n}}\n"
    );
    write_if_changed(&folder.join("Cargo.toml"), manifest.as_bytes())?;
    write_if_changed(&folder.join("src/main.rs"), main.as_bytes())
}

/// The arena's own workspace; returns what its lock file is made of. Our versions and profiles, with our crates by absolute path.
pub(super) fn write_root(workspace: &Workspace, lab: &Lab, folder: &Path, members: &[&str]) -> Result<String> {
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
    // Same versions as the repository's. Cargo adds the arena's own packages, so the copy is only made when the original changed, or
    // when it is no longer what Cargo made of it.
    let lock = std::fs::read(workspace.root.join(LOCK)).context("Cargo.lock is missing")?;
    let origin = format!("{} {}", pristine::sha256(&lock), lab.name);
    let noted = std::fs::read_to_string(folder.join(STAMP)).unwrap_or_default();
    let now = std::fs::read(folder.join(LOCK)).map(|text| pristine::sha256(&text)).unwrap_or_default();
    if noted != format!("{origin}\n{now}\n") {
        write_if_changed(&folder.join(LOCK), &lock)?;
    }
    Ok(origin)
}
