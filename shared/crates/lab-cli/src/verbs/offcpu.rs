//! `lab offcpu`: how long threads wait, for what, and who made them.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use lab_results::Record;

use crate::args::Recorded;
use crate::verbs::profile::{print_records, shares};
use lab_core::cargo::{self, Build};
use lab_core::catalogue::Lab;
use lab_core::kept;
use lab_core::perf::{self, Recording};
use lab_core::programs;
use lab_core::render::{grid, print};
use lab_core::say;
use lab_core::terminal::{HEADING, QUIET, paint};
use lab_core::workspace::{Workspace, create_folder};

/// What to look at where the kernel does not show who waits.
const OTHERWISE: &str = "What else shows waiting: the tasks' table (`cargo lab console NN --table`), the pool's gauges (`make lab-02`), and \
                         as root `perf trace -s -p PID`, which sums up a process's system calls";

/// Draws who waited in the midst of work.
pub fn run(workspace: &Workspace, lab: &Lab, recorded: &Recorded) -> Result<u8> {
    may_trace().map_err(|error| anyhow!("{error:#}\n{}", OTHERWISE.replace("NN", &lab.nn())))?;
    let subject = kept::subject(workspace, lab, recorded.on.solution);
    let records = collect(workspace, lab, subject, recorded)?;
    let kept = kept::keep(workspace, lab, "offcpu", subject, &recorded.on, &records);
    if recorded.on.json {
        print_records(&records)?;
    } else {
        records.iter().for_each(|record| show(workspace, record));
    }
    kept::warn(kept);
    Ok(0)
}

fn collect(workspace: &Workspace, lab: &Lab, subject: &str, recorded: &Recorded) -> Result<Vec<Record>> {
    let on = &recorded.on;
    let package = if on.solution { lab.solution_name() } else { lab.name.clone() };
    let program = cargo::build(workspace, &build(workspace, lab, &package))?.executable(&package)?;
    kept::is_still(workspace, lab, subject)?;
    let out = kept::folder(workspace, lab, "offcpu", subject, on.smoke);
    create_folder(&out)?;
    let folder = out.to_str().context("the target path is not Unicode")?;
    let recording = Recording {
        record: &["-e", "sched:sched_switch", "--switch-events", "--call-graph", "fp"],
        script: &["--show-switch-events"],
        flame: ["offcpu", "--out", folder].map(String::from).into(),
        seconds: recorded.seconds.unwrap_or(if on.smoke { 1 } else { 4 }),
        keep: recorded.keep.then(|| out.join("perf.data")),
    };
    perf::collect(workspace, &program, on, &recording)
}

/// What this verb builds of a lab, where this machine lets it record anything.
pub fn builds(workspace: &Workspace, lab: &Lab) -> Vec<Build> {
    let packages = may_trace().is_ok().then(|| [lab.name.clone(), lab.solution_name()]);
    packages.iter().flatten().map(|package| build(workspace, lab, package)).collect()
}

/// Frame pointers, because the kernel walks the stack at each switch; other flags than everybody's need a target folder of their own.
fn build(workspace: &Workspace, lab: &Lab, package: &str) -> Build {
    let target = workspace.target.join("offcpu");
    Build {
        title: cargo::title(&target, &format!("{package} with frame pointers"), &programs::needs(lab)),
        arguments: vec!["--package".into(), package.into()],
        target: Some(target),
        rustflags: vec!["-Cforce-frame-pointers=yes".into()],
        ..Build::default()
    }
}

fn may_trace() -> Result<()> {
    perf::require().context("off-CPU time needs perf")?;
    if !rustix::process::geteuid().is_root() {
        bail!(
            "off-CPU time needs the kernel's tracepoint sched:sched_switch, which only root may record: \
             sudo --preserve-env=PATH,HOME cargo lab offcpu ..., with `sudo chown -R $USER target` afterwards"
        );
    }
    let mounted = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
    if !mounted.iter().any(|folder| Path::new(folder).join("events/sched/sched_switch").is_dir()) {
        bail!(
            "this kernel shows no tracepoints (containers have none as a rule): outside of one, \
             sudo mount -t tracefs nodev /sys/kernel/tracing"
        );
    }
    Ok(())
}

fn show(workspace: &Workspace, record: &Record) {
    let Record::OffCpu { svg, blocked_ms, reasons, idle_ms, preempted_ms, top, .. } = record else { return };
    say!(
        "{}  {blocked_ms:.0} ms in which threads waited in the midst of work, all threads together",
        paint(HEADING, "Off CPU")
    );
    let mut view = grid(&["ms", "for"]);
    for (reason, ms) in reasons {
        view.add_row([format!("{ms:.1}"), reason.clone()]);
    }
    view.add_row([format!("{idle_ms:.1}"), "not counted: workers without a task, threads without a name".into()]);
    view.add_row([format!("{preempted_ms:.1}"), "not counted: ready to run while others had the CPU".into()]);
    print(&view);
    say!();
    if let Some(svg) = svg {
        print(&shares(top));
        say!();
        let svg = workspace.show(Path::new(svg));
        say!("Flamegraph: {svg} (open it in a browser; click to zoom; a column begins with what was waited for)");
    }
    say!(
        "{}",
        paint(
            QUIET,
            "A task that awaits blocks no thread: what an `.await` waits for is not here, but among the workers without a task"
        )
    );
}
