//! `lab profile`: where the time goes.

use std::path::Path;

use anyhow::Result;
use lab_results::Record;

use crate::args::Recorded;
use crate::verbs::recorder::{self, Program, Recorder};
use lab_core::cargo::{self, Build};
use lab_core::catalogue::Lab;
use lab_core::error::Usage;
use lab_core::next;
use lab_core::perf::{self, Recording};
use lab_core::programs;
use lab_core::render::{grid, print};
use lab_core::runner::Call;
use lab_core::say;
use lab_core::terminal::{COMMAND, HEADING, paint};
use lab_core::workspace::Workspace;

use lab_core::on_top::on_top;

/// Draws a flamegraph.
pub fn cpu(workspace: &Workspace, lab: &Lab, recorded: &Recorded, with_perf: bool) -> Result<u8> {
    let on = &recorded.on;
    if recorded.keep && !with_perf {
        return Err(Usage("--keep keeps perf's file, and goes with --perf".into()).into());
    }
    let recorder = Recorder { workspace, lab, verb: "profile", on };
    let (program, records) = if with_perf {
        perf::require()?;
        let program = recorder.build(|package| programs::build(workspace, lab, package))?;
        let records = collect_with_perf(&recorder, &program, recorded)?;
        (program, records)
    } else {
        let program = recorder.build(|package| build(workspace, lab, package))?;
        let seconds = recorded.seconds.map_or(recorder::seconds(on.smoke), f64::from);
        let doing = format!("Running {} under its profiler", on.package(lab));
        let call = Call { limit: recorder::LIMIT, ..Call::default() };
        let records = recorder.run(&program, "profile", Some(seconds), doing, call)?;
        (program, records)
    };
    recorder.keep_and_show(program.subject, &records, |records| show(workspace, lab, records))
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
fn collect_with_perf(recorder: &Recorder, program: &Program, recorded: &Recorded) -> Result<Vec<Record>> {
    let seconds = recorded.seconds.unwrap_or(if recorder.on.smoke { 1 } else { 4 });
    let folder = recorder::text(&program.out)?;
    let flame = ["perf", "--out", &folder, "--hertz", "499", "--seconds", &seconds.to_string()].map(String::from);
    let recording = Recording {
        record: &["-e", "cpu-clock", "-F", "499", "--call-graph", "dwarf,16384"],
        script: &[],
        flame: flame.into(),
        seconds,
        keep: recorded.keep.then(|| program.out.join("perf.data")),
    };
    perf::collect(recorder.workspace, &program.path, recorder.on, &recording)
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
