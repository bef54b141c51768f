//! A service that is loaded, as a child.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use lab_results::Record;

use super::analytic::{PERIOD_MS, STALL_MS};
use lab_core::child::{self, Running, Sees};

/// A running service; it ends with this value.
pub struct Service {
    running: Option<Running>,
    /// Where it listens, as `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Service {
    /// The one that stands still, with the rhythm that [`super::analytic`] computes with.
    pub fn stalling(program: &Path) -> Result<Self> {
        Self::start(program, &["--period-ms", &PERIOD_MS.to_string(), "--stall-ms", &STALL_MS.to_string()])
    }

    /// Starts a program that can `serve`, on a free port.
    pub fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        let mut command = child::command(program, Sees::Surroundings);
        command
            .args(["serve", "--port", "0"])
            .args(arguments)
            .env("LAB_CHILD", "1")
            // It serves until its standard input closes, which it does when we are gone, however we went.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut running = Running::start(&mut command)?;
        let stdout = running.child.stdout.take().context("stdout is piped")?;
        let mut service = Service { running: Some(running), url: String::new() };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        match serde_json::from_str(&line) {
            Ok(Record::Serving { address }) => service.url = format!("http://{address}"),
            Ok(Record::Failed { message }) => bail!("{} failed: {message}", program.display()),
            _ => bail!("{} did not say where it listens, but: {}", program.display(), line.trim()),
        }
        Ok(service)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            // Nothing waits for its answers any more.
            let _ = running.kill();
        }
    }
}
