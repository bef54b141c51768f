//! `lab profile`: where the time goes.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use lab_results::Record;

use crate::args::Recorded;
use lab_core::cargo::{self, Build};
use lab_core::catalogue::Lab;
use lab_core::error::Usage;
use lab_core::kept;
use lab_core::next;
use lab_core::perf::{self, Recording};
use lab_core::programs;
use lab_core::render::{grid, print};
use lab_core::runner::{self, Call};
use lab_core::say;
use lab_core::terminal::{COMMAND, HEADING, paint, print_line, spinner};
use lab_core::workspace::{Workspace, create_folder};

use lab_core::on_top::on_top;

/// Profilers slow programs down.
const LIMIT: Duration = Duration::from_secs(180);

/// Draws a flamegraph.
pub fn cpu(workspace: &Workspace, lab: &Lab, recorded: &Recorded, with_perf: bool) -> Result<u8> {
    let on = &recorded.on;
    if recorded.keep && !with_perf {
        return Err(Usage("--keep keeps perf's file, and goes with --perf".into()).into());
    }
    let subject = kept::subject(workspace, lab, on.solution);
    let records = match with_perf {
        true => collect_with_perf(workspace, lab, subject, recorded)?,
        false => collect_in_process(workspace, lab, subject, recorded)?,
    };
    let kept = kept::keep(workspace, lab, "profile", subject, on, &records);
    if on.json {
        print_records(&records)?;
    } else {
        show(workspace, lab, &records)?;
    }
    kept::warn(kept);
    Ok(0)
}

fn show(workspace: &Workspace, lab: &Lab, records: &[Record]) -> Result<()> {
    for record in records {
        if let Record::Profile { svg, folded, samples, sampler, top, pprof, .. } = record {
            let sampler = sampler.as_deref().map(|sampler| format!(" ({sampler})")).unwrap_or_default();
            say!("{}  {samples} samples{sampler}", paint(HEADING, "CPU"));
            print(&shares(top));
            say!();
            if let Some((function, share)) = on_top(&std::fs::read_to_string(folded)?, lab) {
                say!("On top: {}, {:.0}% of samples", paint(COMMAND, function), share * 100.0);
            }
            let [svg, folded] = [svg, folded].map(|path| workspace.show(Path::new(path)));
            say!("Flamegraph: {svg} (open it in a browser; click to zoom)");
            if let Some(pprof) = pprof {
                say!("For {}: {folded}", paint(COMMAND, "https://speedscope.app"));
                let pprof = workspace.show(Path::new(pprof));
                say!("For {}: {pprof}", paint(COMMAND, "go tool pprof"));
            }
            next::say_after(workspace, lab, "profile");
        }
    }
    Ok(())
}

/// Frames and their shares, as a table.
pub fn shares(top: &[(String, f64)]) -> comfy_table::Table {
    let mut view = grid(&["share", "frame"]);
    for (frame, share) in top {
        view.add_row([format!("{:.0}%", share * 100.0), frame.clone()]);
    }
    view
}

/// Samples each process's stack from outside. perf finds inlined functions, and the kernel's.
fn collect_with_perf(workspace: &Workspace, lab: &Lab, subject: &str, recorded: &Recorded) -> Result<Vec<Record>> {
    let on = &recorded.on;
    perf::require()?;
    let package = if on.solution { lab.solution_name() } else { lab.name.clone() };
    let build = Build {
        title: cargo::title(&workspace.target, &package, &programs::needs(lab)),
        arguments: vec!["--package".into(), package.clone()],
        ..Build::default()
    };
    let program = cargo::build(workspace, &build)?.executable(&package)?;
    kept::is_still(workspace, lab, subject)?;
    let out = kept::folder(workspace, lab, "profile", subject, on.smoke);
    create_folder(&out)?;
    let folder = out.to_str().context("the target path is not Unicode")?.to_string();
    let seconds = recorded.seconds.unwrap_or(if on.smoke { 1 } else { 4 });
    let flame = ["perf", "--out", &folder, "--hertz", "499", "--seconds", &seconds.to_string()].map(String::from);
    let recording = Recording {
        record: &["-e", "cpu-clock", "-F", "499", "--call-graph", "dwarf,16384"],
        script: &[],
        flame: flame.into(),
        seconds,
        keep: recorded.keep.then(|| out.join("perf.data")),
    };
    perf::collect(workspace, &program, on, &recording)
}

/// Samples inside the process, of a build with the profiler.
fn collect_in_process(workspace: &Workspace, lab: &Lab, subject: &str, recorded: &Recorded) -> Result<Vec<Record>> {
    let on = &recorded.on;
    let package = if on.solution { lab.solution_name() } else { lab.name.clone() };
    let program = cargo::build(workspace, &build(workspace, lab, &package))?.executable(&package)?;
    kept::is_still(workspace, lab, subject)?;
    let out = kept::folder(workspace, lab, "profile", subject, on.smoke);
    create_folder(&out)?;
    let seconds = recorded.seconds.map_or(if on.smoke { 0.5 } else { 4.0 }, f64::from);
    let mut arguments = vec!["profile".to_string(), "--seed".into(), on.seed.to_string()];
    arguments.extend(["--out".into(), out.to_str().context("the target path is not Unicode")?.into()]);
    arguments.extend(["--seconds".into(), seconds.to_string()]);
    if on.smoke {
        arguments.push("--smoke".into());
    }
    let bar = spinner(format!("Running {package} under its profiler"));
    let call = Call { arguments, limit: LIMIT, ..Call::default() };
    let records = runner::run(&program, &call)?.finished()?;
    bar.finish_and_clear();
    Ok(records)
}

/// What builds a lab or a solution with the sampler inside.
pub fn build(workspace: &Workspace, lab: &Lab, package: &str) -> Build {
    let mut needs = programs::needs(lab);
    needs.push("profile");
    Build {
        title: cargo::title(&workspace.target, &format!("{package} with its profiler"), &needs),
        arguments: ["--package", package, "--features", "profile"].map(String::from).into(),
        ..Build::default()
    }
}

/// Prints records for programs.
pub fn print_records(records: &[Record]) -> Result<()> {
    for record in records {
        print_line(&serde_json::to_string(record)?);
    }
    Ok(())
}
