//! `lab doctor`: what this machine has, what it lacks and how to get it, and how noisy it is.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use lab_results::stats::{median, percentile};
use rustix::process::{Resource, getrlimit};
use serde::Serialize;

use lab_core::machine;
use lab_core::render::{grid, print, verdict_cell};
use lab_core::say;
use lab_core::terminal::{HEADING, paint, print_json, spinner};
use lab_core::tools::TOOLS;
use lab_core::workspace::Workspace;

#[derive(Serialize)]
struct ListedTool {
    tool: &'static str,
    path: Option<PathBuf>,
    required: bool,
    needed_for: &'static str,
    install: &'static str,
}

#[derive(Serialize)]
struct Noise {
    /// 90% of single timings of the same work lie within this ratio of each other.
    single_timing_ratio: f64,
    /// 90% of paired ratios of identical work lie between these.
    paired_low: f64,
    paired_high: f64,
    /// The median of those pairs.
    paired_median: f64,
}

/// Prints the tools and the measured noise.
pub fn show(workspace: &Workspace, json: bool) -> Result<u8> {
    let rows: Vec<ListedTool> = TOOLS
        .iter()
        .map(|tool| ListedTool {
            tool: tool.name,
            path: tool.find(workspace),
            required: tool.is_required,
            needed_for: tool.needed_for,
            install: tool.install,
        })
        .collect();
    let bar = spinner("Measuring this machine's noise");
    let noise = noise();
    bar.finish_and_clear();
    let lacks = rows.iter().any(|row| row.required && row.path.is_none());
    if json {
        print_json(
            &serde_json::json!({ "machine": machine::describe(), "load": machine::load(), "tools": rows, "noise": noise }),
        )?;
        return Ok(if lacks { 3 } else { 0 });
    }
    let load = machine::load().map(|load| format!(", load {load:.1}")).unwrap_or_default();
    say!("{}  {}{load}, {}", paint(HEADING, "Machine"), machine::describe(), machine::toolchain());
    say!(
        "Target folder: {}. Your progress and attempts: {}",
        workspace.show(&workspace.target),
        workspace.show(&workspace.state)
    );
    if let Some(files) = open_files() {
        say!("{files}");
    }
    say!();
    let mut view = grid(&["tool", "", "for", "install"]);
    for row in &rows {
        let (word, good) = match (&row.path, row.required) {
            (Some(_), _) => ("found", Some(true)),
            (None, true) => ("MISSING", Some(false)),
            (None, false) => ("missing", None),
        };
        let install = if row.path.is_some() { "" } else { row.install };
        view.add_row([
            verdict_cell(row.tool, None),
            verdict_cell(word, good),
            verdict_cell(row.needed_for, None),
            verdict_cell(install, None),
        ]);
    }
    print(&view);
    say!();
    say!(
        "{}  Of single timings of identical work, 90% differ by less than {:.2}x (wall time).",
        paint(HEADING, "Noise"),
        noise.single_timing_ratio
    );
    say!(
        "       the same in pairs: 90% of ratios {:.3} to {:.3}, median {:.4}",
        noise.paired_low,
        noise.paired_high,
        noise.paired_median
    );
    say!(
        "       One run cannot show a smaller change. `verify` times in pairs, repeats, and says when it cannot tell."
    );
    Ok(if lacks { 3 } else { 0 })
}

/// How many connections a load test may open.
fn open_files() -> Option<String> {
    let limit = getrlimit(Resource::Nofile);
    let (now, most) = (limit.current?, limit.maximum.map_or("any number".into(), |most| most.to_string()));
    Some(format!("Open files: {now}, which can be raised to {most}. `load` needs one for each request in flight"))
}

/// Times the same work again and again for about a second.
fn noise() -> Noise {
    let data: Vec<u64> = (0..16_384u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
    let sample = || {
        let started = Instant::now();
        for _ in 0..8 {
            std::hint::black_box(data.iter().fold(0u64, |sum, x| (sum ^ x).rotate_left(7)));
        }
        started.elapsed().as_secs_f64()
    };
    let started = Instant::now();
    let (mut single, mut logs) = (Vec::new(), Vec::new());
    while started.elapsed().as_secs_f64() < 1.0 {
        let (a, b) = (sample(), sample());
        single.extend([a, b]);
        logs.push((a / b).ln());
    }
    let part = |samples: &[f64], q| percentile(samples, q).unwrap_or(f64::NAN);
    Noise {
        single_timing_ratio: part(&single, 0.95) / part(&single, 0.05),
        paired_low: part(&logs, 0.05).exp(),
        paired_high: part(&logs, 0.95).exp(),
        paired_median: median(&logs).unwrap_or(f64::NAN).exp(),
    }
}
