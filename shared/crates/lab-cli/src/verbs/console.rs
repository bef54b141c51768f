//! `lab console`: tokio-console in front of the loaded lab, or its tasks by the line that spawned them.

mod viewer;

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Result;
use lab_results::gate::figure;
use lab_results::spawn_sites::longest_poll;
use lab_results::{ProgramRun, Record};

use crate::verbs::recorder::Recorder;
use crate::verbs::reproduce;
use lab_core::cargo::{self, Build};
use lab_core::catalogue::{Lab, Need};
use lab_core::error::Usage;
use lab_core::kept::{self, SUBJECTS};
use lab_core::next;
use lab_core::on_lab::OnLab;
use lab_core::programs;
use lab_core::render::{grid, print};
use lab_core::runner::Call;
use lab_core::say;
use lab_core::terminal::{COMMAND, HEADING, QUIET, paint};
use lab_core::workspace::{Workspace, read_file};

const LIMIT: Duration = Duration::from_secs(60);

/// Opens the viewer, or prints the tables.
pub fn run(workspace: &Workspace, lab: &Lab, on: &OnLab, table: bool, install: bool) -> Result<u8> {
    if !lab.meta.needs.contains(&Need::Async) {
        let message =
            format!("{} has no asynchronous tasks to look at; try `cargo lab profile {}`", lab.name, lab.nn());
        return Err(Usage(message).into());
    }
    if install {
        viewer::install(workspace)?;
    }
    let is_live = !table && !on.json && std::io::IsTerminal::is_terminal(&std::io::stdout());
    match viewer::path(workspace).filter(|_| is_live) {
        Some(program) => viewer::open(workspace, lab, on, &program),
        None => tables(workspace, lab, on),
    }
}

/// The builds that this verb makes of a lab: with console-subscriber inside, or with dial9.
pub fn builds(workspace: &Workspace, lab: &Lab) -> Vec<Build> {
    let packages = [lab.name.clone(), lab.solution_name()];
    packages.iter().flat_map(|package| ["console", "tasks"].map(|with| build(workspace, lab, package, with))).collect()
}

fn build(workspace: &Workspace, lab: &Lab, package: &str, feature: &'static str) -> Build {
    // `tokio_unstable` would make every other build compile tokio again: these flags live in a folder of their own.
    let target = workspace.target.join("async");
    let mut needs = programs::needs(lab);
    needs.push(feature);
    Build {
        title: cargo::title(&target, &format!("{package} with its {feature}"), &needs),
        arguments: vec!["--package".into(), package.into(), "--features".into(), feature.into()],
        target: Some(target),
        rustflags: vec!["--cfg".into(), "tokio_unstable".into()],
        ..Build::default()
    }
}

fn tables(workspace: &Workspace, lab: &Lab, on: &OnLab) -> Result<u8> {
    let recorder = Recorder { workspace, lab, verb: "console", on };
    let program = recorder.build(|package| build(workspace, lab, package, "tasks"))?;
    let doing = format!("Watching the tasks of {} under load", on.package(lab));
    let call = Call { limit: LIMIT, pass_on: !on.json, ..Call::default() };
    let records = recorder.run(&program, "tasks", None, doing, call)?;
    recorder.keep_and_show(program.subject, &records, |records| show(workspace, lab, on, records, &program.out))
}

fn show(workspace: &Workspace, lab: &Lab, on: &OnLab, records: &[Record], out: &Path) -> Result<()> {
    reproduce::say_database(lab)?;
    records.iter().for_each(reproduce::show);
    side_by_side(workspace, lab, on);
    say!("{}", paint(QUIET, format!("The trace, for dial9's own viewer: {}", workspace.show(out))));
    next::say_after(workspace, lab, "console");
    let nn = lab.nn();
    match viewer::path(workspace) {
        Some(_) => say!("To watch the tasks live: {} on a terminal", paint(COMMAND, format!("make console-{nn}"))),
        None => say!(
            "To watch the tasks live, build tokio-console, this once: {}",
            paint(COMMAND, format!("cargo lab console {nn} --install"))
        ),
    }
    Ok(())
}

/// The longest polls of all runs that are kept, as soon as there are two.
fn side_by_side(workspace: &Workspace, lab: &Lab, on: &OnLab) {
    let runs: Vec<_> = SUBJECTS.iter().filter_map(|subject| kept_run(workspace, lab, subject, on.smoke)).collect();
    let longest: Vec<_> = runs.iter().filter_map(|run| Some((run, longest_poll(&run.records)?))).collect();
    if longest.len() < 2 {
        return;
    }
    say!("{}", paint(HEADING, "Side by side"));
    let mut view = grid(&["run of", "longest poll, wall time [ms]", "most CPU time in one [ms]", "recorded"]);
    for (run, longest) in &longest {
        let at = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(run.at)).to_string();
        view.add_row([&run.subject, &figure(longest.poll_ms), &figure(longest.cpu_ms), &at]);
    }
    print(&view);
    say!();
}

/// A run of before. One that cannot be read says nothing here; `lab report` names it.
fn kept_run(workspace: &Workspace, lab: &Lab, subject: &str, is_smoke: bool) -> Option<ProgramRun> {
    let file = kept::folder(workspace, lab, "console", subject, is_smoke).join(kept::FILE);
    let run: ProgramRun = serde_json::from_slice(&read_file(&file).ok()?).ok()?;
    (run.schema == lab_results::program_run::SCHEMA).then_some(run)
}
