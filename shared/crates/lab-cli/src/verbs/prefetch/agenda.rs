//! Agendas of workshops, one a file in `shared/agendas`: what a room does, in this order.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use lab_core::catalogue::{self, Lab};
use lab_core::error::Usage;
use lab_core::workspace::{Workspace, read_file};

/// What a file declares.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agenda {
    /// How long it is, and what it is about.
    r#for: String,
    /// Names of labs, in the order of the day.
    labs: Vec<String>,
}

/// The labs of the agenda of this name, in its order.
pub(super) fn labs(workspace: &Workspace, wanted: &str) -> Result<Vec<Lab>> {
    let agendas = all(workspace)?;
    let Some(agenda) = agendas.get(wanted) else {
        let there_are = agendas.iter().map(|(name, agenda)| format!("{name} ({})", agenda.r#for));
        let there_are = there_are.collect::<Vec<_>>().join(", ");
        return Err(
            Usage(format!("There is no agenda `{wanted}`. There are {there_are}. For labs: --labs 01,04")).into()
        );
    };
    agenda.labs.iter().map(|lab| catalogue::find(workspace, lab)).collect()
}

/// All agendas, by the names of their files.
fn all(workspace: &Workspace) -> Result<BTreeMap<String, Agenda>> {
    let folder = workspace.root.join("shared/agendas");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("Cannot read {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let files = paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let agenda = |path: &PathBuf| {
        let text = read_file(path)?;
        let agenda = toml::from_slice(&text).with_context(|| format!("{} is not an agenda", path.display()))?;
        let name = path.file_stem().context("a file has a name")?;
        Ok((name.to_string_lossy().into_owned(), agenda))
    };
    files.map(agenda).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tests::workspace;
    use super::*;

    #[test]
    fn every_agenda_names_labs_that_exist_by_their_whole_names_and_none_twice() {
        let workspace = workspace();
        let agendas = all(&workspace).expect("agendas");
        assert!(agendas.contains_key("half-day"));
        for (name, agenda) in &agendas {
            let found = labs(&workspace, name).expect("its labs exist");
            let names: Vec<&str> = found.iter().map(|lab| lab.name.as_str()).collect();
            assert_eq!(names, agenda.labs, "{name}");
            let once: BTreeSet<&&str> = names.iter().collect();
            assert!(!names.is_empty() && once.len() == names.len(), "{name}");
        }
    }

    #[test]
    fn an_unknown_agenda_is_told_which_there_are() {
        let error = labs(&workspace(), "01,04").expect_err("no agenda is called so").to_string();
        assert!(
            error.contains("`01,04`") && error.contains("half-day (half a day") && error.contains("--labs"),
            "{error}"
        );
    }
}
