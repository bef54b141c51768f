//! What a run is held against.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use lab_load::scenarios::ScenarioFile;
use lab_results::load::{OVERALL, Objective, SloFile};

use super::args::Arguments;
use super::suggest::suggestion;

/// The objectives of the repository's scenarios.
const REPOSITORY: &str = "shared/stack/slo.json";

/// What may fail of a run for which nobody has promised anything.
const FAILED_SHARE: f64 = 0.01;

/// The objectives of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// Never empty.
    pub objectives: Vec<Objective>,
    /// Where they come from, for people.
    pub source: String,
}

impl Promise {
    /// The objectives that were asked for, or those of the repository, or the default rule.
    pub fn of(scenario: &ScenarioFile, arguments: &Arguments, root: Option<&Path>) -> Result<Self> {
        let repository = || root.map(|root| root.join(REPOSITORY)).filter(|file| file.is_file());
        let (path, shown) = match (&arguments.slo, arguments.no_slo, repository()) {
            (Some(file), ..) => (file.clone(), file.display().to_string()),
            (None, false, Some(file)) => (file, REPOSITORY.to_owned()),
            _ => return Ok(Self::default_rule()),
        };
        match objectives(&path, scenario).with_context(|| format!("objectives {shown}"))? {
            Ok(objectives) => Ok(Self { objectives, source: format!("Objectives of {shown}") }),
            Err(known) if arguments.slo.is_some() => {
                bail!("{shown} has no objectives for `{}`{}", scenario.name, suggestion(&scenario.name, &known))
            }
            Err(_) => Ok(Self::default_rule()),
        }
    }

    fn default_rule() -> Self {
        let overall = Objective { step: OVERALL.into(), max_failed_share: Some(FAILED_SHARE), ..Objective::default() };
        let source = "No objectives: held against the default rule, below 1% failed".to_owned();
        Self { objectives: vec![overall], source }
    }

    /// The tightest limit of a 99th percentile, for a picture.
    pub fn p99_ms(&self) -> Option<f64> {
        self.objectives.iter().filter_map(|objective| objective.p99_ms).min_by(f64::total_cmp)
    }
}

/// The scenario's objectives; where it has none, the names of those that have.
fn objectives(path: &Path, scenario: &ScenarioFile) -> Result<Result<Vec<Objective>, Vec<String>>> {
    let file: SloFile =
        serde_json::from_str(&std::fs::read_to_string(path)?).context("it is not what such a file is")?;
    ensure!(file.version == 1, "its version is {}, and this program knows 1", file.version);
    let Some(objectives) = file.scenarios.get(&scenario.name) else {
        return Ok(Err(file.scenarios.into_keys().collect()));
    };
    ensure!(
        !objectives.is_empty(),
        "the list of `{}` is empty: write an objective or leave the name out",
        scenario.name
    );
    let steps = scenario.steps();
    for Objective { step, .. } in objectives {
        if !steps.contains(&step.as_str()) {
            bail!("scenario `{}` has no step `{step}`{}", scenario.name, suggestion(step, &steps));
        }
    }
    Ok(Ok(objectives.clone()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// What k6 and Locust read as well.
    #[test]
    fn the_repositorys_scenarios_are_sound_and_so_are_their_objectives() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap();
        let arguments = Arguments::parse_from(["lab-load", "--merge", "none"]);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(root.join("shared/stack/scenarios")).unwrap() {
            let path = entry.unwrap().path();
            let file = ScenarioFile::read(&path).unwrap();
            assert_eq!(path.file_stem().unwrap().to_str(), Some(file.name.as_str()));
            let promise = Promise::of(&file, &arguments, Some(root)).unwrap();
            assert_eq!(promise.source, "Objectives of shared/stack/slo.json", "{}", file.name);
            names.push(file.name);
        }
        for name in ["stall", "fast", "pool-exhaustion", "blocked-runtime"] {
            assert!(names.iter().any(|other| other == name), "{name} is not in {names:?}");
        }
    }
}
