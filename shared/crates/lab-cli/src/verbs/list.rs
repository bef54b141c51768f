//! `lab list`: the catalogue with the learner's progress.

use anyhow::Result;
use lab_results::Progress;
use serde::Serialize;

use lab_core::catalogue::{self, Lab};
use lab_core::fullscreen::wrapped;
use lab_core::progress;
use lab_core::render::{grid, print, verdict_cell};
use lab_core::say;
use lab_core::terminal::{QUIET, paint, print_json, width};
use lab_core::workspace::Workspace;

#[derive(Serialize)]
struct ListedLab {
    number: u32,
    name: String,
    part: u8,
    minutes: u32,
    symptom: String,
    tools: Vec<String>,
    state: &'static str,
    progress: Progress,
}

/// Prints all labs.
pub fn show(workspace: &Workspace, json: bool) -> Result<u8> {
    let mut progress = progress::load(workspace)?;
    let rows: Vec<ListedLab> = catalogue::labs(workspace)?
        .into_iter()
        .map(|lab| {
            let progress = progress.remove(&lab.name).unwrap_or_default();
            row(lab, progress)
        })
        .collect();
    if json {
        print_json(&rows)?;
        return Ok(0);
    }
    let mut view = grid(&["lab", "part", "min", "state", "hints", "symptom"]);
    for row in rows {
        let is_solved = row.progress.solved;
        view.add_row([
            verdict_cell(row.name.trim_start_matches("lab-"), None),
            verdict_cell(row.part, None),
            verdict_cell(row.minutes, None),
            verdict_cell(row.state, is_solved.then_some(true)),
            verdict_cell(if row.progress.hints == 0 { String::new() } else { row.progress.hints.to_string() }, None),
            verdict_cell(row.symptom, None),
        ]);
    }
    print(&view);
    let columns = "part: 1 foundations, 2 scaling out, 3 observability, 4 troubleshooting\n\
                   min: minutes to plan. hints: read before SOLVED, of 4";
    for line in columns.lines().flat_map(|line| wrapped(line, width())) {
        say!("{}", paint(QUIET, line));
    }
    Ok(0)
}

fn row(lab: Lab, progress: Progress) -> ListedLab {
    ListedLab {
        number: lab.number,
        name: lab.name,
        part: lab.meta.part,
        minutes: lab.meta.minutes,
        symptom: lab.symptom,
        tools: lab.meta.tools,
        state: progress.state(),
        progress,
    }
}
