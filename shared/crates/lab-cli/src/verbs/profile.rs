//! `lab profile` and `lab heap`: where the time goes, and who asks for memory.

use std::time::Duration;

use anyhow::{Context, Result};
use lab_results::Record;
use lab_results::gate::figure;

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

/// Profilers slow programs down, dhat by a factor of thirty.
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

/// Lists allocation sites.
pub fn heap(workspace: &Workspace, lab: &Lab, on: &OnLab) -> Result<u8> {
    let records = collect(workspace, lab, on, "heap")?;
    if on.json {
        return print_records(&records);
    }
    for record in &records {
        if let Record::Heap { file, total_bytes, total_blocks, peak_bytes, sites } = record {
            say!(
                "{}  {} bytes in {} blocks requested; at most {} bytes at once",
                paint(HEADING, "Heap"),
                figure(*total_bytes as f64),
                figure(*total_blocks as f64),
                figure(*peak_bytes as f64)
            );
            let mut view = grid(&["bytes", "blocks", "site"]);
            for site in sites {
                let frames = site.frames.join("\n  from ");
                view.add_row([figure(site.bytes as f64), figure(site.blocks as f64), frames]);
            }
            print(&view);
            say!();
            say!("Profile: {file} (for DHAT's viewer, dh_view.html, which comes with valgrind)");
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
