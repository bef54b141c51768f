//! A scenario as its file has it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Mix;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::as_written::{Take, WrittenFlow, is_name};
use super::data::Data;
use super::flow::{Flow, InTurn};

/// More customers in the same moment are a mistake in the unit.
const MOST_AT_ONCE: u32 = 10_000;

/// The file's content.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// Its name, which is also the key of its objectives.
    pub name: String,
    /// What it is, for people.
    #[serde(default)]
    pub about: String,
    flows: Vec<WrittenFlow>,
    /// Where the service hands out the data.
    pub data_from: Option<String>,
    data: Option<BTreeMap<String, Vec<Value>>>,
    /// How the rows of a list are taken; at random where nothing is said.
    #[serde(default)]
    take: BTreeMap<String, Take>,
}

impl ScenarioFile {
    /// Reads a file and checks what can be checked without the data.
    ///
    /// # Errors
    /// It cannot be read, or is no scenario.
    pub fn read(path: &Path) -> Result<Self> {
        let what = || format!("scenario {}", path.display());
        let text = std::fs::read_to_string(path).with_context(what)?;
        Self::parse(&text).with_context(what)
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let file: Self = serde_json::from_str(text).context("it is not what a scenario file is")?;
        file.check()?;
        Ok(file)
    }

    /// The names of the steps, once each.
    pub fn steps(&self) -> Vec<&str> {
        let mut steps = Vec::new();
        for step in self.flows.iter().flat_map(|flow| &flow.requests).map(|request| request.step.as_str()) {
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        steps
    }

    /// The data that stand in the file itself; None where the service hands them out.
    pub fn own_data(&self) -> Option<Data> {
        self.data_from.is_none().then(|| Data(self.data.clone().unwrap_or_default()))
    }

    /// The scenario with its data, ready to be driven.
    ///
    /// # Errors
    /// Those of [`ScenarioFile::flows`].
    pub fn with(&self, data: &Data) -> Result<Mix> {
        let flows = self.flows(data)?;
        Ok(flows.into_iter().fold(Mix::new(), |mix, (weight, flow)| mix.and(weight, flow)))
    }

    /// The same flows one after the other: a handful of customers must not leave the rare ones out.
    ///
    /// # Errors
    /// Those of [`ScenarioFile::flows`].
    pub fn with_in_turn(&self, data: &Data) -> Result<Mix> {
        let flows = self.flows(data)?.into_iter().filter(|(weight, _)| *weight > 0);
        Ok(Mix::new().and(1, InTurn::new(flows.map(|(_, flow)| flow).collect())))
    }

    /// The flows with their data, each with its weight: as often as that is it taken.
    ///
    /// # Errors
    /// The data lack a list or a row that has a place.
    pub fn flows(&self, data: &Data) -> Result<Vec<(u32, Flow)>> {
        if let Some(list) = self.take.keys().find(|list| !data.0.contains_key(*list)) {
            bail!("`take` names the list `{list}`, which is not among the data ({})", data.names());
        }
        let compile = |flow: &WrittenFlow| {
            let compiled = Flow::new(flow, data, &self.take);
            Ok((flow.weight, compiled.with_context(|| format!("flow `{}`", flow.name))?))
        };
        self.flows.iter().map(compile).collect()
    }

    fn check(&self) -> Result<()> {
        ensure!(is_name(&self.name), "its name `{}` is not made of letters, digits, `-` and `_`", self.name);
        ensure!(!self.flows.is_empty(), "`flows` is empty: write at least one");
        ensure!(
            self.flows.iter().any(|flow| flow.weight > 0),
            "all weights are 0, so that no flow is ever taken: give one a weight of at least 1"
        );
        ensure!(
            self.data.is_none() || self.data_from.is_none(),
            "it has `data` and `data_from`: keep the one that is meant"
        );
        if let Some(path) = &self.data_from {
            ensure!(path.starts_with('/'), "`data_from` is `{path}`: write a path that starts with `/`");
        }
        for flow in &self.flows {
            ensure!(!flow.requests.is_empty(), "flow `{}` has no request", flow.name);
            ensure!(
                (1..=MOST_AT_ONCE).contains(&flow.at_once),
                "`at_once` of flow `{}` is {}: from 1 to {MOST_AT_ONCE} customers may come in the same moment",
                flow.name,
                flow.at_once
            );
            for request in &flow.requests {
                request.check().with_context(|| format!("flow `{}`, step `{}`", flow.name, request.step))?;
            }
        }
        // What needs no data is wrong before anything is sent.
        if let Some(data) = self.own_data() {
            self.with(&data)?;
        }
        Ok(())
    }
}
