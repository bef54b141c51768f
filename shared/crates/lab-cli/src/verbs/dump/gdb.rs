//! gdb with the script: started, held to its time, and its complaints in words that help.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::process::{Process, refused};
use super::view::Dumped;
use lab_core::child::{self, Running, TemporaryFolder, in_background};
use lab_core::tools::require;

/// What runs inside gdb.
const SCRIPT: &str = include_str!("threads.py");
/// Reading the symbols of a large program takes seconds; a gdb that needs longer than this hangs, and with it the program.
const LIMIT: Duration = Duration::from_secs(90);

/// The gdb that is to be used: with Rust's own way of showing values where the toolchain has it.
pub fn find() -> Result<PathBuf> {
    if !cfg!(target_os = "linux") {
        bail!(
            "dumps need Linux and gdb: here the system lets no debugger write a core of a running program for it. \
             Have a look with lldb, which comes with Xcode: `lldb -p PID --batch -o 'thread backtrace all' -o detach`. It may look at what \
             you built yourself once `sudo DevToolsSecurity -enable` was run; a program that was signed without the entitlement \
             get-task-allow needs `codesign` with it first. Or use a Linux container, started with --cap-add=SYS_PTRACE"
        );
    }
    let gdb = require("gdb")?;
    // Under rustup this is a link that works for toolchains with rust-gdb, which is all of them but minimal ones of old.
    Ok(which::which("rust-gdb").unwrap_or(gdb))
}

/// Runs the script on a task, with the symbols of `program`.
pub fn run(gdb: &Path, task: Value, program: Option<&Path>, process: Option<&Process>) -> Result<Dumped> {
    let folder = TemporaryFolder::new().context("Failed to make a folder for gdb")?;
    let (script, out) = (folder.path().join("threads.py"), folder.path().join("found.json"));
    std::fs::write(&script, SCRIPT)?;
    let mut task = task;
    task["out"] = out.to_str().context("the temporary path is not Unicode")?.into();
    let mut command = child::tool(gdb);
    command
        .args(["-q", "-nx", "-batch", "-iex", "set auto-load local-gdbinit off"])
        .args(program)
        .arg("-x")
        .arg(&script);
    command.env("LAB_DUMP", task.to_string()).env("DEBUGINFOD_URLS", "");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    child::goes_on_when_we_end(process.and_then(Process::that_runs));
    let mut running = Running::start(&mut command)?;
    let mut stderr = running.child.stderr.take().context("stderr is piped")?;
    let words = in_background("gdb", move || {
        let mut words = Vec::new();
        let _ = stderr.read_to_end(&mut words);
        String::from_utf8_lossy(&words).into_owned()
    })?;
    let until = Instant::now() + LIMIT;
    let hangs = loop {
        if running.child.try_wait().context("Failed to wait for gdb")?.is_some() {
            break false;
        }
        if Instant::now() > until {
            break true;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    // Killed with everything that it started; what it looked at goes on.
    running.kill()?;
    child::goes_on_when_we_end(None);
    if let Some(process) = process {
        process.wake();
    }
    if hangs {
        bail!("gdb did not finish within {} s and was ended", LIMIT.as_secs());
    }
    let words = words.join().unwrap_or_default();
    let Ok(text) = std::fs::read(&out) else {
        bail!("{} could not run the script:\n{}", gdb.display(), without_noise(&words));
    };
    let found: Dumped = serde_json::from_slice(&text).context("the script in gdb wrote what is no view of threads")?;
    match (&found.error, process) {
        (Some(error), Some(process)) if error.contains("Operation not permitted") => bail!(refused(process.pid)),
        (Some(error), _) => bail!("gdb: {error}"),
        (None, _) => Ok(found),
    }
}

/// gdb's last words without what it says of every program.
fn without_noise(words: &str) -> String {
    let lines: Vec<&str> =
        words.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("warning:")).collect();
    let text = lines[lines.len().saturating_sub(8)..].join("\n");
    match text.contains("Python scripting is not supported") || text.contains("Scripting in the \"Python\" language") {
        true => "this gdb was built without Python; install your system's full gdb".into(),
        false => text,
    }
}
