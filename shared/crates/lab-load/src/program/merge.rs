//! Several runs looked at as one: their histograms are added up, their percentiles never.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lab_load::hdr::{self, Log};
use lab_results::gate::figure;
use serde_json::json;

use super::show::{cell, grid, latencies, lines};
use super::terminal::{HEADING, paint, print};

/// Reads the logs and reports them as one run. Nothing is judged: failures are not in a log.
pub fn run(paths: &[PathBuf], as_json: bool) -> Result<u8> {
    let logs = paths.iter().map(|path| read(path)).collect::<Result<Vec<_>>>()?;
    let merged = merge(paths, &logs)?;
    let text = if as_json {
        format!("{}\n", serde_json::to_string_pretty(&document(&merged, paths))?)
    } else {
        text(&merged, &logs)
    };
    print(&text).context("Failed to print the result")?;
    Ok(0)
}

fn read(path: &Path) -> Result<Log> {
    let what = || format!("log {}", path.display());
    hdr::read(&std::fs::read(path).with_context(what)?).with_context(what)
}

fn merge(paths: &[PathBuf], logs: &[Log]) -> Result<Log> {
    for (at, (path, log)) in paths.iter().zip(logs).enumerate() {
        if let Some(twice) = logs[..at].iter().position(|other| other == log) {
            bail!(
                "{} and {} are the same run, which would count twice: name each log once",
                paths[twice].display(),
                path.display()
            );
        }
        if log.scenario != logs[0].scenario {
            let name = |log: &Log| log.scenario.clone().unwrap_or_else(|| "no scenario of ours".into());
            bail!(
                "{} is of {} and {} of {}: percentiles of both together are nobody's; merge runs of one scenario",
                paths[0].display(),
                name(&logs[0]),
                path.display(),
                name(log)
            );
        }
    }
    let mut merged = Log { scenario: logs[0].scenario.clone(), steps: Vec::new() };
    logs.iter().for_each(|log| merged.merge(log));
    Ok(merged)
}

fn text(merged: &Log, logs: &[Log]) -> String {
    let mut table =
        grid(&["step", "logs", "requests", "p50", "p95", "p99", "p99.9", "max", "service\np99", "lag\np99"]);
    for step in &merged.steps {
        let logs = logs.iter().filter(|log| log.steps.iter().any(|other| other.name == step.name)).count();
        let counts = [logs as f64, step.response.count() as f64].map(figure);
        let p99s = [&step.service, &step.lag].map(|latencies| latencies.percentile_ms(0.99));
        let figures = latencies(step.response.summary().as_ref()).into_iter().chain(p99s).map(cell);
        table.add_row(std::iter::once(step.name.clone()).chain(counts).chain(figures));
    }
    let name = merged.scenario.as_deref().unwrap_or("untitled");
    let title = format!("{name}, {} logs as one run, response times in ms", logs.len());
    format!("{}\n{}A log has no failures in it, so that nothing is judged.\n", paint(HEADING, title), lines(&mut table))
}

fn document(merged: &Log, paths: &[PathBuf]) -> serde_json::Value {
    let steps: Vec<_> = merged
        .steps
        .iter()
        .map(|step| {
            json!({
                "name": step.name, "response": step.response.summary(), "service": step.service.summary(), "lag": step.lag.summary(),
            })
        })
        .collect();
    json!({ "scenario": merged.scenario, "logs": paths, "steps": steps })
}
