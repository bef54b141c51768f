//! The database that a comparison's programs use: SQLite by default, PostgreSQL with `DB=postgres`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use lab_results::Record;
use std::os::unix::process::CommandExt;

use crate::catalogue::{Kind, Lab};
use crate::error::Usage;

/// What the programs are told; a throwaway PostgreSQL server lives as long as this.
pub struct Database {
    kind: Option<String>,
    url: Option<String>,
    janitor: Option<Child>,
}

impl Database {
    /// The database for a lab. With `DB=postgres` and no `DATABASE_URL`, one server is started for all programs of the
    /// comparison: `program` holds it, in a process of its own that removes everything when we are gone.
    pub fn for_lab(lab: &Lab, program: &Path) -> Result<Self> {
        let kind = chosen()?;
        if lab.meta.kind == Kind::Kernel || !lab.meta.uses_database() {
            return Ok(Database { kind: None, url: None, janitor: None });
        }
        if kind == "sqlite" || std::env::var_os("DATABASE_URL").is_some() {
            return Ok(Database { kind: Some(kind), url: None, janitor: None });
        }
        let mut janitor = Command::new(program)
            .arg("hold-database")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("Failed to run {}", program.display()))?;
        let stdout = janitor.stdout.take().context("stdout is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        match serde_json::from_str(&line) {
            Ok(Record::Database { url }) => Ok(Database { kind: Some(kind), url: Some(url), janitor: Some(janitor) }),
            Ok(Record::Failed { message }) => bail!("{message}"),
            _ => bail!("PostgreSQL could not be started: {line}"),
        }
    }

    /// `sqlite` or `postgres`, for labs that use one.
    pub fn kind(&self) -> Option<String> {
        self.kind.clone()
    }

    /// Variables for the programs.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        self.url.iter().map(|url| ("DATABASE_URL", url.clone())).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(janitor) = &mut self.janitor {
            // Its standard input closes, it removes the server, and only then we go on.
            drop(janitor.stdin.take());
            let _ = janitor.wait();
        }
    }
}

/// The value of `DB`.
pub fn chosen() -> Result<String> {
    let kind = std::env::var("DB").unwrap_or_else(|_| "sqlite".into());
    match kind.as_str() {
        "sqlite" | "postgres" => Ok(kind),
        other => Err(Usage(format!("DB={other}: the labs run on `sqlite` (the default) and `postgres`")).into()),
    }
}
