//! Tasks of an asynchronous runtime, by the line that spawned them.

use crate::record::{Cell, Column, Record, Table};

/// The column that tells how long a task kept its worker at most.
const LONGEST: &str = "longest poll";

/// All tasks that were spawned by the same line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpawnSite {
    /// `file:line:column`, as the compiler has it.
    pub location: String,
    /// Tasks spawned while somebody looked.
    pub tasks: u64,
    /// Their polls.
    pub polls: u64,
    /// How long these lasted together, in milliseconds.
    pub busy_ms: f64,
    /// The longest of them, in milliseconds: so long nobody else got its worker.
    pub longest_ms: f64,
    /// The most CPU time that one of them took, in milliseconds. The rest of a long poll is a thread that waits, or that was preempted.
    pub longest_cpu_ms: f64,
    /// The longest that one of the tasks was ready and had no worker, in milliseconds.
    pub longest_wait_ms: f64,
}

/// A row for each site, the longest poll first. `worker_ms` is the time that all workers had together.
pub fn table(mut sites: Vec<SpawnSite>, worker_ms: f64) -> Table {
    sites.sort_by(|a, b| b.longest_ms.total_cmp(&a.longest_ms).then_with(|| a.location.cmp(&b.location)));
    let rows = sites.into_iter().map(|site| {
        let (code, line) = whose(&site.location);
        vec![
            line.into(),
            code.into(),
            site.tasks.into(),
            site.polls.into(),
            site.busy_ms.into(),
            (site.busy_ms / worker_ms * 100.0).into(),
            site.longest_ms.into(),
            site.longest_cpu_ms.into(),
            site.longest_wait_ms.into(),
        ]
    });
    Table {
        title: "Tasks by the line that spawned them".into(),
        columns: vec![
            Column::new("spawned at", ""),
            Column::new("code", ""),
            Column::new("tasks", ""),
            Column::new("polls", ""),
            Column::new("busy", "ms"),
            Column::new("of all workers", "%"),
            Column::new(LONGEST, "ms"),
            Column::new("most CPU in a poll", "ms"),
            Column::new("longest wait", "ms"),
        ],
        rows: rows.collect(),
        plot: None,
    }
}

/// The longest poll of a run, in milliseconds, and the line that spawned its task; nothing where the run has no such table.
pub fn longest_poll(records: &[Record]) -> Option<(&str, f64)> {
    records.iter().find_map(|record| {
        let Record::Table(table) = record else { return None };
        let longest = table.columns.iter().position(|column| column.name == LONGEST)?;
        match (table.rows.first()?.first()?, table.rows.first()?.get(longest)?) {
            (Cell::Text(site), Cell::Number(ms)) if table.columns[0].name == "spawned at" => Some((site.as_str(), *ms)),
            _ => None,
        }
    })
}

/// Whose code a location is in, and the location without what differs from machine to machine.
fn whose(location: &str) -> (&str, &str) {
    // Cargo unpacks crates into `registry/src/INDEX-HASH/NAME-VERSION`.
    let unpacked = location.split_once("/registry/src/").and_then(|(_, rest)| Some(rest.split_once('/')?.1));
    if let Some(line) = unpacked {
        let package = line.split('/').next().unwrap_or(line);
        let name = package.rsplit_once('-').map_or(package, |(name, _version)| name);
        return (name, line);
    }
    match location.split('/').next() {
        Some("labs") => ("the lab", location),
        Some("solutions") => ("the solution", location),
        Some("shared") => ("the harness", location),
        _ => ("", location),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(location: &str, longest_ms: f64) -> SpawnSite {
        SpawnSite { location: location.into(), tasks: 2, polls: 8, busy_ms: 30.0, longest_ms, ..SpawnSite::default() }
    }

    #[test]
    fn a_location_is_told_by_its_code_and_not_by_the_machine() {
        let axum = "/home/ines/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/axum-0.8.6/src/serve/mod.rs:422:9";
        assert_eq!(whose(axum), ("axum", "axum-0.8.6/src/serve/mod.rs:422:9"));
        let hyper = "/root/.cargo/registry/src/index-1/hyper-util-0.1.17/src/rt/tokio.rs:102:9";
        assert_eq!(whose(hyper).0, "hyper-util");
        let ours = "labs/lab-03-blocked-runtime/src/sign_in.rs:31:5";
        assert_eq!(whose(ours), ("the lab", ours));
        assert_eq!(whose("src/main.rs:1:1"), ("", "src/main.rs:1:1"));
    }

    #[test]
    fn what_hurts_stands_first_and_is_found_again() {
        let sites = vec![site("labs/a/src/x.rs:1:1", 0.25), site("labs/a/src/y.rs:2:2", 21.5)];
        let table = table(sites, 120.0);
        assert_eq!(table.rows[0][0], Cell::Text("labs/a/src/y.rs:2:2".into()));
        assert_eq!(table.rows[0][5], Cell::Number(25.0));
        let note = Record::Note { text: String::new() };
        let other = Record::Table(Table { title: String::new(), columns: vec![], rows: vec![], plot: None });
        let records = [note, other, Record::Table(table)];
        assert_eq!(longest_poll(&records), Some(("labs/a/src/y.rs:2:2", 21.5)));
        assert_eq!(longest_poll(&records[..2]), None);
    }
}
