//! `lab profile`: where the time goes.

use std::time::Duration;

use anyhow::{Context, Result};
use lab_results::Record;

use crate::args::OnLab;
use crate::cargo::{self, Build};
use crate::catalogue::Lab;
use crate::kept;
use crate::render::{grid, print};
use crate::runner::{self, Call};
use crate::say;
use crate::terminal::{COMMAND, HEADING, paint, print_line, spinner};
use crate::verbs::reproduce;
use crate::workspace::{Workspace, create_folder};

/// Profilers slow programs down.
const LIMIT: Duration = Duration::from_secs(180);

/// Draws a flamegraph.
pub fn cpu(workspace: &Workspace, lab: &Lab, on: &OnLab) -> Result<u8> {
    let records = collect(workspace, lab, on, "profile")?;
    if on.json {
        return print_records(&records);
    }
    for record in &records {
        if let Record::Profile { svg, samples, top, .. } = record {
            say!("{}  {samples} samples", paint(HEADING, "CPU"));
            let mut view = grid(&["share", "frame"]);
            for (frame, share) in top {
                view.add_row([format!("{:.0}%", share * 100.0), frame.clone()]);
            }
            print(&view);
            say!();
            say!("Flamegraph: {svg} (open it in a browser; click to zoom)");
            say!("Next: {}", paint(COMMAND, format!("make answer-{}", lab.nn())));
        }
    }
    Ok(0)
}

/// Builds with the profiler's feature and runs the verb.
pub fn collect(workspace: &Workspace, lab: &Lab, on: &OnLab, verb: &str) -> Result<Vec<Record>> {
    let package = if on.solution { lab.solution_name() } else { lab.name.clone() };
    let mut needs = reproduce::needs(lab);
    needs.push(verb);
    let build = Build {
        title: cargo::title(&workspace.target, &format!("{package} with its {verb} profiler"), &needs),
        arguments: vec!["--package".into(), package.clone(), "--features".into(), verb.into()],
        ..Build::default()
    };
    let program = cargo::build(workspace, &build)?.executable(&package)?;
    let out = kept::folder(workspace, lab, verb, kept::subject(workspace, lab, on.solution), on.smoke);
    create_folder(&out)?;
    let seconds = if on.smoke { "0.5" } else { "4" };
    let mut arguments = vec![verb.to_string(), "--seed".into(), on.seed.to_string()];
    arguments.extend(["--out".into(), out.to_str().context("the target path is not Unicode")?.into()]);
    arguments.extend(["--seconds".into(), seconds.into()]);
    if on.smoke {
        arguments.push("--smoke".into());
    }
    let bar = spinner(format!("Running {package} under its profiler"));
    let call = Call { arguments, limit: LIMIT, ..Call::default() };
    let records = runner::run(&program, &call)?.finished()?;
    bar.finish_and_clear();
    kept::keep(workspace, lab, verb, on, &records)?;
    Ok(records)
}

/// Prints records for programs.
pub fn print_records(records: &[Record]) -> Result<u8> {
    for record in records {
        print_line(&serde_json::to_string(record)?);
    }
    Ok(0)
}
