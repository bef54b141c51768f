//! `lab offcpu`: how long threads wait, for what, and who made them.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use lab_results::Record;

use crate::args::Recorded;
use crate::verbs::profile::shares;
use crate::verbs::recorder::{self, Recorder};
use lab_core::cargo::{self, Build};
use lab_core::catalogue::Lab;
use lab_core::perf::{self, Recording};
use lab_core::programs;
use lab_core::render::{grid, print};
use lab_core::say;
use lab_core::terminal::{HEADING, QUIET, paint};
use lab_core::workspace::Workspace;

/// What to look at where the kernel does not show who waits.
const OTHERWISE: &str = "What else shows waiting: the tasks' table (`cargo lab console NN --table`), the pool's gauges (`make lab-02`), and \
                         as root `perf trace -s -p PID`, which sums up a process's system calls";

/// Draws who waited in the midst of work.
pub fn run(workspace: &Workspace, lab: &Lab, recorded: &Recorded) -> Result<u8> {
    may_trace().map_err(|error| anyhow!("{error:#}\n{}", OTHERWISE.replace("NN", &lab.nn())))?;
    let recorder = Recorder { workspace, lab, verb: "offcpu", on: &recorded.on };
    let program = recorder.build(|package| build(workspace, lab, package))?;
    let recording = Recording {
        record: &["-e", "sched:sched_switch", "--switch-events", "--call-graph", "fp"],
        script: &["--show-switch-events"],
        flame: vec!["offcpu".into(), "--out".into(), recorder::text(&program.out)?],
        seconds: recorded.seconds.unwrap_or(if recorded.on.smoke { 1 } else { 4 }),
        keep: recorded.keep.then(|| program.out.join("perf.data")),
    };
    let records = perf::collect(workspace, &program.path, &recorded.on, &recording)?;
    recorder.keep_and_show(program.subject, &records, |records| {
        records.iter().for_each(|record| show(workspace, record));
        Ok(())
    })
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
