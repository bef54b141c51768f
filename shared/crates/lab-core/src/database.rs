//! The database that a comparison's programs use: SQLite by default, PostgreSQL with `DB=postgres`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lab_results::Record;
use std::os::unix::process::CommandExt;

use crate::catalogue::{Kind, Lab};
use crate::child::{self, Sees};
use crate::error::Usage;
use crate::runner::{self, Call};

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
        let is_given = kind == "postgres" && has_server();
        if is_given {
            answers(program)?;
        }
        if kind == "sqlite" || is_given {
            return Ok(Database { kind: Some(kind), url: None, janitor: None });
        }
        let mut janitor = child::command(program, Sees::Surroundings)
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

    /// Whether all programs of the comparison share one server, and the connections that it has.
    pub fn is_server(&self) -> bool {
        self.kind.as_deref() == Some("postgres")
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

/// Which database a lab's programs use now, in words; nothing where they use none.
pub fn words(lab: &Lab) -> Result<Option<String>> {
    if !lab.meta.uses_database() {
        return Ok(None);
    }
    Ok(Some(match (chosen()?.as_str(), has_server()) {
        ("postgres", true) => "Database: PostgreSQL, the server that DATABASE_URL names".into(),
        ("postgres", false) => "Database: PostgreSQL, a server that is started for this run".into(),
        _ => "Database: SQLite, a file on this machine (DB=postgres takes PostgreSQL)".into(),
    }))
}

/// Sees whether the database that `DATABASE_URL` names can be used at all: the original program counts its smallest size on it. A server
/// that is down is nobody's wrong answer.
fn answers(program: &Path) -> Result<()> {
    let arguments = ["count", "--seed", "1", "--smoke"].map(String::from).into();
    let call = Call { arguments, limit: Duration::from_secs(30), ..Call::default() };
    let ran = runner::run(program, &call)?;
    match ran.failure {
        None => Ok(()),
        Some(failure) => bail!("The database that DATABASE_URL names cannot be used: the original program {failure}"),
    }
}

/// Whether `DATABASE_URL` names a server. An empty variable is none, for the lab's programs too.
fn has_server() -> bool {
    std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty())
}

/// What `DB` says: `sqlite` or `postgres`.
pub fn chosen() -> Result<String> {
    kind_of(&std::env::var_os("DB").unwrap_or_default().to_string_lossy())
}

/// The names that the lab's programs understand.
fn kind_of(name: &str) -> Result<String> {
    match name.to_ascii_lowercase().as_str() {
        "" | "sqlite" => Ok("sqlite".into()),
        "postgres" | "postgresql" => Ok("postgres".into()),
        _ => Err(Usage(format!("DB={name}: the labs run on `sqlite` (the default) and `postgres`")).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_has_the_names_that_the_programs_understand() {
        for (name, kind) in [("", "sqlite"), ("SQLite", "sqlite"), ("postgres", "postgres"), ("PostgreSQL", "postgres")]
        {
            assert_eq!(kind_of(name).expect(name), kind);
        }
        kind_of("oracle").expect_err("neither");
    }
}
