//! Which file is meant by `stall`, `02`, `lab-02`, `lab-02-pool-exhaustion` or a path.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::program::suggest::suggestion;

/// The scenario's file. `root` is the repository, where we are in one.
pub fn find(wanted: &str, root: Option<&Path>) -> Result<PathBuf> {
    if wanted.contains('/') || wanted.ends_with(".json") {
        return Ok(PathBuf::from(wanted));
    }
    let Some(root) = root else {
        bail!(
            "there is no scenario `{wanted}` here, because this is not inside an OrderFlow Performance Labs checkout: \
             change into its folder, or name a file, such as ./{wanted}.json"
        );
    };
    let known = stems(&root.join("shared/stack/scenarios"), ".json");
    let slug = slug(wanted, root);
    match known.iter().find(|name| **name == slug) {
        Some(name) => Ok(root.join("shared/stack/scenarios").join(format!("{name}.json"))),
        None => bail!("there is no scenario `{wanted}`{}", suggestion(&slug, &known)),
    }
}

/// A lab is named by its number or its whole name too.
fn slug(wanted: &str, root: &Path) -> String {
    let word = wanted.trim().to_lowercase();
    let without = word.strip_prefix("lab-").unwrap_or(&word);
    let Ok(number) = without.split('-').next().unwrap_or_default().parse::<u32>() else { return without.to_owned() };
    let prefix = format!("lab-{number:02}-");
    let labs = stems(&root.join("labs"), "");
    labs.iter().find_map(|lab| lab.strip_prefix(&prefix)).unwrap_or(without).to_owned()
}

/// The names in a folder that end so, without that end.
fn stems(folder: &Path, end: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut stems: Vec<String> =
        entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(end)?.to_owned())).collect();
    stems.sort();
    stems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for folder in ["labs/lab-01-string-building", "labs/lab-02-pool-exhaustion", "shared/stack/scenarios"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for name in ["stall", "fast", "pool-exhaustion"] {
            std::fs::write(root.path().join(format!("shared/stack/scenarios/{name}.json")), "").unwrap();
        }
        root
    }

    #[test]
    fn a_scenario_has_many_names() {
        let root = checkout();
        for name in ["2", "02", "lab-02", "pool-exhaustion", "lab-02-pool-exhaustion", "LAB-02"] {
            let file = root.path().join("shared/stack/scenarios/pool-exhaustion.json");
            assert_eq!(find(name, Some(root.path())).unwrap(), file, "{name}");
        }
        assert_eq!(find("./mine.json", None).unwrap(), Path::new("./mine.json"));
    }

    #[test]
    fn a_misspelt_one_is_told_what_there_is() {
        let root = checkout();
        let refused = |name| find(name, Some(root.path())).unwrap_err().to_string();
        let message = refused("stal");
        assert!(message.contains("did you mean `stall`?"), "{message}");
        assert!(message.contains("fast, pool-exhaustion, stall"), "{message}");
        // A lab without a service has no scenario, and nothing that is like its name.
        assert!(!refused("01").contains("did you mean"), "{}", refused("01"));
        assert!(find("stall", None).unwrap_err().to_string().contains("checkout"));
    }
}
