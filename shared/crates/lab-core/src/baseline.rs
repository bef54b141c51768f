//! What is normal, kept in a file made to be committed.

mod file;
pub mod show;
pub mod take;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lab_results::Baseline;
use lab_results::baseline::{Commit, SCHEMA, Source};

use crate::child;
use crate::machine;
use crate::workspace::Workspace;
pub use file::{Folder, can_write, read, write};

/// How often everything is counted: less would not tell what repeats.
pub const REPEATS: usize = 3;

/// What people type to run us: here, and where there is no checkout.
pub fn our_name() -> &'static str {
    if Workspace::find().is_ok() { "cargo lab" } else { "lab" }
}

/// A baseline of nothing, from this machine, now.
pub fn frame(name: &str) -> Baseline {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Baseline {
        schema: SCHEMA,
        name: name.into(),
        at,
        date: humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(at)).to_string(),
        machine: machine::describe(),
        toolchain: machine::toolchain(),
        commit: commit(),
        repeats: REPEATS,
        source: Source::Program { command: Vec::new() },
        subjects: Default::default(),
    }
}

/// The commit of the current folder, where there is git and a commit.
fn commit() -> Option<Commit> {
    let git = |arguments: &[&str]| {
        let output = child::tool("git")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .args(arguments)
            .stdin(std::process::Stdio::null())
            .output()
            .ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    let hash = git(&["rev-parse", "HEAD"])?;
    // A file that git does not know yet changes nothing that is compiled from the commit, a new baseline least of all.
    let dirty = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(Commit { hash, dirty })
}
