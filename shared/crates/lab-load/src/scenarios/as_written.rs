//! A flow, a request and a list, as the file has them.

use std::collections::BTreeMap;

use crate::Method;
use anyhow::{Result, bail, ensure};
use lab_results::load::OVERALL;
use serde::Deserialize;
use serde_json::Value;

/// The methods that a request may have; a misspelt one would be HTTP all the same.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// Some of the customers, and what each of them does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenFlow {
    pub name: String,
    #[serde(default = "one")]
    pub weight: u32,
    /// How many customers come in the same moment.
    #[serde(default = "one")]
    pub at_once: u32,
    /// What each of them does.
    pub requests: Vec<WrittenRequest>,
}

fn one() -> u32 {
    1
}

/// One request of a flow.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenRequest {
    /// The name under which it is counted.
    pub step: String,
    /// The method, in capitals.
    pub method: String,
    /// Path and query, with places for data.
    pub path: String,
    /// Any JSON, whose strings have places for data.
    pub body: Option<Value>,
    /// More headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The status that is a success; any 2xx otherwise.
    pub expect: Option<u16>,
}

/// Which row of a list an iteration takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// Any.
    #[default]
    Random,
    /// The next.
    InTurn,
}

impl WrittenRequest {
    /// What can be checked without the data.
    pub fn check(&self) -> Result<()> {
        ensure!(is_name(&self.step), "a step's name is made of letters, digits, `-` and `_`");
        ensure!(self.step != OVERALL, "no step is called `{OVERALL}`: that is all of them as one");
        if !METHODS.iter().any(|method| method.as_str() == self.method) {
            let known = METHODS.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            bail!("there is no method `{}`: write one of {known}", self.method);
        }
        ensure!(self.path.starts_with('/'), "its path `{}` does not start with `/`", self.path);
        if let Some(status) = self.expect {
            ensure!((100..600).contains(&status), "`expect` is {status}: a status is from 100 to 599");
        }
        Ok(())
    }
}

/// Names go into k6's thresholds and into a log's tags, which have no way to escape anything.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}
