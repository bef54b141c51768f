//! `lab dev`: for those who write labs. Rules that are worth keeping are checked here.

use anyhow::Result;

use crate::args::DevTask;
use crate::workspace::Workspace;

/// Runs a task.
pub fn run(_workspace: &Workspace, _task: DevTask) -> Result<u8> {
    anyhow::bail!("not yet")
}
