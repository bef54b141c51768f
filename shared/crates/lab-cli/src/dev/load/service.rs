//! The service that stands still, as a child.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use lab_results::Record;

use super::analytic::{PERIOD_MS, STALL_MS};
use crate::child::Running;

/// A running service; it ends with this value.
pub struct Service {
    running: Option<Running>,
    /// Where it listens, as `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Service {
    /// Starts it on a free port, with the rhythm that [`super::analytic`] computes with.
    pub fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .args(["serve", "--port", "0", "--period-ms", &PERIOD_MS.to_string(), "--stall-ms", &STALL_MS.to_string()])
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
            Ok(Record::Failed { message }) => bail!("The stalling service failed: {message}"),
            _ => bail!("The stalling service did not say where it listens, but: {}", line.trim()),
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
