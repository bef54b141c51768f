//! Tasks of an asynchronous runtime, by the line that spawned them.

use crate::record::{Cell, Column, Record, Table};

/// The columns that tell which line spawned a task, how long it kept its worker at most, and what that was of CPU time.
const SITE: &str = "spawned at";
const LONGEST: &str = "longest poll";
const MOST_CPU: &str = "most CPU";

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
    // Ten microseconds are nothing here, and more digits leave less room for the lines.
    let rounded = |value: f64| Cell::Number((value * 100.0).round() / 100.0);
    let rows = sites.into_iter().map(|site| {
        vec![
            readable(&site.location).into(),
            site.tasks.into(),
            site.polls.into(),
            rounded(site.busy_ms),
            rounded(site.busy_ms / worker_ms * 100.0),
            rounded(site.longest_ms),
            rounded(site.longest_cpu_ms),
            rounded(site.longest_wait_ms),
        ]
    });
    Table {
        title: "Wall time: tasks by the line that spawned them, * in the lab's own code".into(),
        columns: vec![
            Column::new(SITE, ""),
            Column::new("tasks", ""),
            Column::new("polls", ""),
            Column::new("busy", "ms"),
            Column::new("share", "%"),
            Column::new(LONGEST, "ms"),
            Column::new(MOST_CPU, "ms"),
            Column::new("longest wait", "ms"),
        ],
        rows: rows.collect(),
        plot: None,
    }
}

/// What kept a worker longest.
#[derive(Debug, Clone, PartialEq)]
pub struct Longest<'a> {
    /// The line that spawned its task.
    pub site: &'a str,
    /// How long it kept its worker, in milliseconds.
    pub poll_ms: f64,
    /// The most CPU time of a poll of that site's, in milliseconds.
    pub cpu_ms: f64,
}

/// The longest poll of a run; nothing where the run has no such table.
pub fn longest_poll<'a>(records: &'a [Record]) -> Option<Longest<'a>> {
    let by_site = |record: &'a Record| match record {
        Record::Table(table) if table.columns.first().is_some_and(|first| first.name == SITE) => Some(table),
        _ => None,
    };
    let table = records.iter().find_map(by_site)?;
    let first = table.rows.first()?;
    let number = |name: &str| match first.get(table.columns.iter().position(|column| column.name == name)?)? {
        Cell::Number(number) => Some(*number),
        Cell::Text(_) => None,
    };
    let Cell::Text(site) = first.first()? else { return None };
    Some(Longest { site, poll_ms: number(LONGEST)?, cpu_ms: number(MOST_CPU)? })
}

/// A location by its crate and the file in it, without what differs from machine to machine.
fn readable(location: &str) -> String {
    let is_ours = location.starts_with("labs/") || location.starts_with("solutions/");
    // In a workspace the folder has the crate's name; Cargo unpacks other crates into folders that add a version.
    let Some((before, file)) = location.rsplit_once("/src/") else { return location.into() };
    let folder = before.rsplit('/').next().unwrap_or(before);
    let package = match folder.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.') => name,
        _ => folder,
    };
    format!("{}{package} src/{file}", if is_ours { "* " } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(location: &str, longest_ms: f64) -> SpawnSite {
        let location = location.into();
        SpawnSite {
            location,
            tasks: 2,
            polls: 8,
            busy_ms: 30.0,
            longest_ms,
            longest_cpu_ms: 20.0,
            longest_wait_ms: 0.0,
        }
    }

    #[test]
    fn a_location_is_told_by_its_crate_and_not_by_the_machine() {
        let unpacked = "/home/ines/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f";
        for (location, told) in [
            (format!("{unpacked}/axum-0.8.9/src/serve/mod.rs:389:5"), "axum src/serve/mod.rs:389:5"),
            (format!("{unpacked}/sqlx-core-0.9.0/src/pool/inner.rs:533:5"), "sqlx-core src/pool/inner.rs:533:5"),
            ("labs/lab-03-blocked-runtime/src/sign_in.rs:31:5".into(), "* lab-03-blocked-runtime src/sign_in.rs:31:5"),
            ("shared/crates/lab-harness/src/service/serve.rs:9:9".into(), "lab-harness src/service/serve.rs:9:9"),
            ("src/main.rs:1:1".into(), "src/main.rs:1:1"),
        ] {
            assert_eq!(readable(&location), told);
        }
    }

    #[test]
    fn what_hurts_stands_first_and_is_found_again() {
        let sites = vec![site("labs/a/src/x.rs:1:1", 0.25), site("labs/a/src/y.rs:2:2", 21.5)];
        let table = table(sites, 120.0);
        assert_eq!(table.rows[0][0], Cell::Text("* a src/y.rs:2:2".into()));
        assert_eq!(table.rows[0][4], Cell::Number(25.0));
        let note = Record::Note { text: String::new() };
        let other = Record::Table(Table { title: String::new(), columns: vec![], rows: vec![], plot: None });
        let records = [note, other, Record::Table(table)];
        let longest = Longest { site: "* a src/y.rs:2:2", poll_ms: 21.5, cpu_ms: 20.0 };
        assert_eq!(longest_poll(&records), Some(longest));
        assert_eq!(longest_poll(&records[..2]), None);
    }
}
