//! A flow: requests that one customer makes one after the other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::{Method, Request, Scenario, Vu};
use anyhow::{Context, Result};
use futures::future::{join, join_all};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::as_written::{Take, WrittenFlow, WrittenRequest};
use super::data::Data;
use super::template::Template;

/// What JavaScript's encodeURIComponent leaves as it is, so that k6 asks for the same paths.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// A flow with its data.
pub struct Flow {
    /// How many customers come in the same moment.
    at_once: u32,
    requests: Vec<Prepared>,
    /// For each list of the data how many rows it has and how they are taken; None for a list that has no place in this flow.
    lists: Vec<Option<(u64, Take)>>,
}

struct Prepared {
    step: String,
    path: Template,
    body: Option<Template>,
    /// Everything else of it.
    request: Request,
}

impl Flow {
    /// Binds every place to its rows.
    pub(super) fn new(written: &WrittenFlow, data: &Data, take: &BTreeMap<String, Take>) -> Result<Self> {
        let requests = written
            .requests
            .iter()
            .map(|written| Prepared::new(written, data).with_context(|| format!("step `{}`", written.step)))
            .collect::<Result<Vec<_>>>()?;
        let used: Vec<usize> = requests.iter().flat_map(Prepared::lists).collect();
        let list = |(at, (name, rows)): (usize, (&String, &Vec<Value>))| {
            used.contains(&at).then(|| (rows.len() as u64, take.get(name).copied().unwrap_or_default()))
        };
        let flow = Self { at_once: written.at_once, requests, lists: data.0.iter().enumerate().map(list).collect() };
        for prepared in &flow.requests {
            // Rows are escaped, so that what HTTP can carry with one of them it can carry with all.
            prepared.fill(&vec![0; flow.lists.len()]).check().with_context(|| format!("step `{}`", prepared.step))?;
        }
        Ok(flow)
    }

    /// How many customers come in the same moment.
    pub fn at_once(&self) -> u32 {
        self.at_once
    }

    /// Whether all its rows are taken one after the other.
    pub fn is_in_turn(&self) -> bool {
        self.lists.iter().flatten().all(|(_, take)| *take == Take::InTurn)
    }

    /// What a customer sends, for each customer that the data make: the first with the first row of every list, the next with the next.
    pub fn visits(&self) -> Vec<Vec<Request>> {
        let rows = self.lists.iter().flatten().map(|(rows, _)| *rows).max().unwrap_or(1) as usize;
        let chosen =
            |row: usize| self.lists.iter().map(|list| list.map_or(0, |(rows, _)| row % rows as usize)).collect();
        let chosen = (0..rows).map(chosen);
        chosen.map(|chosen: Vec<usize>| self.requests.iter().map(|request| request.fill(&chosen)).collect()).collect()
    }

    /// A row of every list that has a place.
    fn choose(&self, iteration: u64, mut below: impl FnMut(u64) -> u64) -> Vec<usize> {
        let row = |list: &Option<(u64, Take)>| match *list {
            None => 0,
            Some((rows, Take::InTurn)) => iteration % rows,
            Some((rows, Take::Random)) => below(rows),
        };
        self.lists.iter().map(row).map(|row| row as usize).collect()
    }

    /// What one customer does.
    async fn visit(&self, vu: &mut Vu) {
        let chosen = self.choose(vu.iteration(), |rows| vu.random().below(rows));
        for prepared in &self.requests {
            // Whatever came of it is counted, and k6 goes on as well.
            let _ = vu.send(&prepared.step, &prepared.fill(&chosen)).await;
        }
    }
}

impl Scenario for Flow {
    fn steps(&self) -> Vec<String> {
        self.requests.iter().map(|request| request.step.clone()).collect()
    }

    async fn run(&self, vu: &mut Vu) {
        let companions: Vec<Vu> = (1..self.at_once).map(|_| vu.companion()).collect();
        // Each gives its place back when it is done, so that more may come at once than there are places.
        let others = join_all(companions.into_iter().map(async |mut companion| self.visit(&mut companion).await));
        join(self.visit(vu), others).await;
    }
}

/// Flows that customers take one after the other.
pub(super) struct InTurn {
    flows: Vec<Flow>,
    next: AtomicUsize,
}

impl InTurn {
    /// Begins with the first.
    pub fn new(flows: Vec<Flow>) -> Self {
        Self { flows, next: AtomicUsize::new(0) }
    }
}

impl Scenario for InTurn {
    fn steps(&self) -> Vec<String> {
        self.flows.iter().flat_map(Scenario::steps).collect()
    }

    async fn run(&self, vu: &mut Vu) {
        // Numbers of iterations would not do: those who come at once have one each.
        let next = self.next.fetch_add(1, Relaxed) % self.flows.len().max(1);
        if let Some(flow) = self.flows.get(next) {
            flow.run(vu).await;
        }
    }
}

impl Prepared {
    fn new(written: &WrittenRequest, data: &Data) -> Result<Self> {
        let mut path = Template::default();
        path.push(&written.path, data, |row| utf8_percent_encode(row, COMPONENT).to_string(), str::to_owned)?;
        let body = written.body.as_ref().map(|body| {
            let mut template = Template::default();
            push_json(&mut template, body, data).map(|()| template)
        });
        let headers = written.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let method = Method::from_bytes(written.method.as_bytes())?;
        let request = Request { method, path: String::new(), body: None, headers, expect_status: written.expect };
        Ok(Self { step: written.step.clone(), path, body: body.transpose()?, request })
    }

    fn lists(&self) -> impl Iterator<Item = usize> {
        self.path.lists().chain(self.body.iter().flat_map(Template::lists))
    }

    fn fill(&self, chosen: &[usize]) -> Request {
        let body = self.body.as_ref().map(|body| body.fill(chosen));
        Request { path: self.path.fill(chosen), body, ..self.request.clone() }
    }
}

/// A JSON value as text, with places in its strings.
fn push_json(template: &mut Template, value: &Value, data: &Data) -> Result<()> {
    match value {
        Value::String(text) => {
            template.push_text("\"");
            template.push(text, data, within_quotes, within_quotes)?;
            template.push_text("\"");
        }
        Value::Array(values) => {
            template.push_text("[");
            for (at, value) in values.iter().enumerate() {
                template.push_text(if at > 0 { "," } else { "" });
                push_json(template, value, data)?;
            }
            template.push_text("]");
        }
        Value::Object(fields) => {
            template.push_text("{");
            for (at, (key, value)) in fields.iter().enumerate() {
                template.push_text(if at > 0 { ",\"" } else { "\"" });
                template.push_text(&within_quotes(key));
                template.push_text("\":");
                push_json(template, value, data)?;
            }
            template.push_text("}");
        }
        plain => template.push_text(&plain.to_string()),
    }
    Ok(())
}

/// A text as it stands between the quotes of a JSON string.
fn within_quotes(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests;
