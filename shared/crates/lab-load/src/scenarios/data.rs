//! The data of a scenario: lists of rows by name, from its file or from the service.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Request, Target};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Lists by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Data(pub BTreeMap<String, Vec<Value>>);

/// What a place stands for.
pub(super) struct Rows {
    /// The number of its list.
    pub list: usize,
    /// The texts of all its rows.
    pub rows: Arc<[String]>,
}

impl Data {
    /// Asks the service for them, once, before the load starts.
    ///
    /// # Errors
    /// It does not answer, or with something else.
    pub fn fetch(target: &Target, path: &str) -> Result<Self> {
        let what = || format!("{target}{path}, which hands out the scenario's data");
        let answer = target.call(&Request::get(path)).with_context(what)?;
        ensure!(
            answer.status == 200,
            "{} answered {}: does another service listen there, or an older one?",
            what(),
            answer.status
        );
        let lists = serde_json::from_str(&answer.body).with_context(|| {
            format!("{} answered something else than lists of rows by name, such as {{\"order\": [\"A-1\"]}}", what())
        })?;
        Ok(Self(lists))
    }

    /// The rows of `list` or `list.key`, each written by `escape`.
    pub(super) fn rows(&self, place: &str, escape: fn(&str) -> String) -> Result<Rows> {
        let (name, keys) = place.split_once('.').map_or((place, None), |(name, keys)| (name, Some(keys)));
        let Some(list) = self.0.keys().position(|list| list == name) else {
            bail!("`{{{place}}}` has no list `{name}`; the data are: {}", self.names());
        };
        let rows = &self.0[name];
        ensure!(!rows.is_empty(), "the list `{name}` is empty, and `{{{place}}}` needs a row of it");
        let text = |row: &Value| {
            let value = keys.iter().flat_map(|keys| keys.split('.')).try_fold(row, |value, key| value.get(key));
            match value {
                Some(Value::String(text)) => Ok(escape(text)),
                Some(Value::Number(number)) => Ok(escape(&number.to_string())),
                _ => bail!("`{{{place}}}` wants a text or a number in every row of `{name}`, and one has none: {row}"),
            }
        };
        Ok(Rows { list, rows: rows.iter().map(text).collect::<Result<_>>()? })
    }

    /// The names of the lists, for people.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        if names.is_empty() { "none".into() } else { names.join(", ") }
    }
}
