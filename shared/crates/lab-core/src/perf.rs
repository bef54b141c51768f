//! perf, where there is one: it looks at a lab that works under its own load.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use lab_results::Record;

use crate::cargo;
use crate::child::{self, Running};
use crate::flame;
use crate::on_lab::OnLab;
use crate::runner::{Call, Session};
use crate::terminal::spinner;
use crate::workspace::Workspace;

/// A lab may set up a database before it is busy, and finish what it is at when it is told to stop.
const LIMIT: Duration = Duration::from_secs(60);

/// Fields of `perf script` that lab-flame reads. Without a sample's period each counts once.
const FIELDS: &str = "comm,pid,tid,time,event,ip,sym,dso";

/// What to record, and what becomes of it.
pub struct Recording<'a> {
    /// Options of `perf record` that say what is recorded.
    pub record: &'a [&'a str],
    /// Options of `perf script` beside the fields.
    pub script: &'a [&'a str],
    /// Arguments of lab-flame, which reads what `perf script` prints.
    pub flame: Vec<String>,
    /// How long to record.
    pub seconds: u16,
    /// Where to keep perf's own file; else it goes away.
    pub keep: Option<PathBuf>,
}

/// perf's path, or how to get it.
pub fn require() -> Result<PathBuf> {
    if cfg!(not(target_os = "linux")) {
        bail!("perf is a part of Linux: `cargo lab profile NN` without --perf samples in the process itself, here too");
    }
    which::which("perf").ok().context(
        "perf is not installed: apt-get install linux-perf (Debian), apt-get install linux-tools-$(uname -r) (Ubuntu), \
         dnf install perf (Fedora); `cargo lab profile NN` without --perf needs nothing",
    )
}

/// Has a program do its work again and again, records that, and reads it.
pub fn collect(workspace: &Workspace, program: &Path, on: &OnLab, recording: &Recording) -> Result<Vec<Record>> {
    let perf = require()?;
    // What does not compile is better said before a minute's work.
    cargo::build(workspace, &flame::build(workspace))?.executable("lab-flame")?;
    let bar = spinner(format!("Recording {} with perf for {} s", program.display(), recording.seconds));
    let data = record(&perf, program, on, recording)?;
    bar.set_message("Resolving stacks");
    if let Some(path) = &recording.keep {
        let mut kept = File::create(path).with_context(|| format!("Cannot write {}", path.display()))?;
        std::io::copy(&mut &data, &mut kept).with_context(|| format!("Cannot write {}", path.display()))?;
        (&data).rewind()?;
    }
    let mut script = tool(&perf);
    script.args(["script", "-i", "-", "-F", FIELDS]).args(recording.script);
    let mut script = Running::start(script.stdin(data).stdout(Stdio::piped()).stderr(Stdio::null()))?;
    let printed = script.child.stdout.take().context("stdout is piped")?;
    let records = flame::run(workspace, recording.flame.clone(), printed.into());
    // It has printed everything, or nobody reads it any more.
    script.kill()?;
    bar.finish_and_clear();
    records
}

/// Records the process that does the work. The data have no name in any folder, so that they go away with us however we end.
fn record(perf: &Path, program: &Path, on: &OnLab, recording: &Recording) -> Result<File> {
    let call = Call { arguments: on.arguments("busy"), limit: LIMIT, ..Call::default() };
    let mut session = Session::with_input(program, &call)?;
    let Some((pid, _)) = session.busy() else {
        session.finish()?.finished()?;
        bail!("{} ended before it was busy", program.display());
    };
    let mut data = tempfile::tempfile().context("Failed to make a temporary file")?;
    let mut command = tool(perf);
    command.args(["record", "--quiet", "-o", "-"]).args(recording.record);
    command.args(["-p", &pid.to_string(), "--", "sleep", &recording.seconds.to_string()]);
    command.stdin(Stdio::null()).stdout(data.try_clone()?).stderr(Stdio::piped());
    let mut running = Running::start(&mut command)?;
    let mut words = String::new();
    running.child.stderr.take().context("stderr is piped")?.read_to_string(&mut words)?;
    let status = running.wait()?;
    session.finish()?.finished()?;
    if !status.success() {
        return Err(refused(words.trim()));
    }
    data.rewind()?;
    Ok(data)
}

/// perf without anybody's configuration of it.
fn tool(perf: &Path) -> Command {
    let mut command = child::tool(perf);
    command.env("PERF_CONFIG", "/dev/null");
    command
}

/// Why perf may not look, as far as the kernel tells.
fn refused(words: &str) -> anyhow::Error {
    let paranoid = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").ok();
    let level: Option<i32> = paranoid.and_then(|text| text.trim().parse().ok());
    let is_root = rustix::process::geteuid().is_root();
    let advice = match level {
        Some(level @ 3..) if !is_root => format!(
            "kernel.perf_event_paranoid is {level}, which keeps perf from everybody but root: sudo sysctl kernel.perf_event_paranoid=2"
        ),
        None => "this kernel has no perf events, or hides them: look at `cargo lab profile NN` without --perf".into(),
        Some(_) if words.contains("not permitted") || words.contains("ermission") => {
            "a container's seccomp profile forbids perf_event_open unless it was started with --cap-add PERFMON or --security-opt \
             seccomp=unconfined; `cargo lab profile NN` without --perf works there"
                .into()
        }
        Some(_) => "`cargo lab profile NN` without --perf does not need perf".into(),
    };
    anyhow!("perf could not record: {words}\n{advice}")
}
