//! `lab dev measure-load`: generators held against a service whose percentiles anyone can compute, and against each other.

mod agreement;
mod analytic;
mod child;
mod cost;
mod memory;
mod paper;
mod said;
mod service;
mod sheet;
mod stall;
mod starved;
mod tool;
mod tools;

use std::io::IsTerminal;
use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;

use self::paper::Paper;
use self::said::Said;
use self::service::Service;
use self::tools::Tools;
use lab_core::cargo::{self, Build};
use lab_core::programs::STALLING;
use lab_core::say;
use lab_core::terminal::{print_json, spinner};
use lab_core::workspace::{Workspace, write_atomically};

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// What each generator says of the stalling service.
    Stall,
    /// Verdicts on the same objectives.
    Agreement,
    /// CPU time for each request.
    Cost,
    /// Memory of ours.
    Memory,
    /// A generator that is not given the processor.
    Starved,
}

impl Part {
    /// As it is typed, and as the book's markers have it.
    fn name(self) -> &'static str {
        match self {
            Part::Stall => "stall",
            Part::Agreement => "agreement",
            Part::Cost => "cost",
            Part::Memory => "memory",
            Part::Starved => "starved",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Part::Stall => "What each generator says of a service that stands still for 2 s in every 10 s",
            Part::Agreement => "Verdicts on the same objectives",
            Part::Cost => "What a request costs the generator",
            Part::Memory => "Memory of the generator",
            Part::Starved => "A generator that is not given the processor",
        }
    }
}

/// How to measure.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Some three minutes once everything is built.
    pub quick: bool,
    /// Only this part.
    pub only: Option<Part>,
    /// Write the tables into the book.
    pub record: bool,
    /// Print everything as JSON.
    pub json: bool,
}

/// How the parts go about it.
struct Measuring {
    /// Few and short runs.
    quick: bool,
}

impl Measuring {
    /// One run of one generator; never two at a time, because they would disturb each other.
    fn step<T>(&self, what: String, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let bar = spinner(what.clone());
        let done = run();
        bar.finish_and_clear();
        if !std::io::stderr().is_terminal() {
            // Where nothing turns, minutes of silence look like a hang.
            lab_core::complain!("{what}: took {:.1} s", started.elapsed().as_secs_f64());
        }
        done
    }
}

/// Measures; exit code 0 when all bars are reached, 1 when one is missed.
pub fn run(workspace: &Workspace, options: &Options) -> Result<u8> {
    let started = Instant::now();
    let is_asked = |part: &Part| options.only.map_or(*part != Part::Memory || !options.quick, |only| only == *part);
    let parts: Vec<Part> = Part::value_variants().iter().copied().filter(is_asked).collect();
    if options.record {
        // Not after ten minutes.
        paper::can_be_recorded(workspace, &parts)?;
    }
    let tools = Tools::find(workspace)?;
    let service = Service::stalling(&stalling_service(workspace)?)?;
    let (url, measuring) = (service.url.as_str(), Measuring { quick: options.quick });
    let mut paper = Paper::new(options.quick, typed(options));
    let path = workspace.target.join(format!("lab/load/measured-{}.json", paper.at));
    for part in parts {
        match part {
            Part::Stall => paper.stall = Some(stall::measure(&tools, url, &measuring)?),
            Part::Agreement => {
                paper.agreement = Some(agreement::measure(workspace, &tools, url, &measuring, paper.stall.as_ref())?);
            }
            Part::Cost => paper.cost = Some(cost::measure(&tools, url, &measuring)?),
            Part::Memory => paper.memory = Some(memory::measure(&tools, url, &measuring)?),
            Part::Starved => paper.starved = Some(starved::measure(&tools, url, &measuring)?),
        }
        paper.show(part, options.json);
        paper.seconds = started.elapsed().as_secs_f64();
        paper.bars = paper.sheets().into_iter().flat_map(|(_, _, bars)| bars).collect();
        // After every part: minutes of measuring are not lost to a closed laptop.
        write_atomically(&path, &serde_json::to_vec_pretty(&paper)?)?;
        if options.record {
            paper.record(workspace)?;
        }
    }
    let missed = paper.bars.iter().filter(|bar| bar.fails()).count();
    if options.json {
        print_json(&paper)?;
    } else {
        say!(
            "{} bars, {missed} missed, in {:.1} minutes. Kept as {}",
            paper.bars.len(),
            paper.seconds / 60.0,
            workspace.show(&path)
        );
    }
    Ok(u8::from(missed > 0))
}

fn stalling_service(workspace: &Workspace) -> Result<std::path::PathBuf> {
    let build = Build {
        title: cargo::title(&workspace.target, STALLING, &["service"]),
        arguments: ["--package", STALLING].map(str::to_string).to_vec(),
        ..Build::default()
    };
    cargo::build(workspace, &build)?.executable(STALLING)
}

/// The command that repeats this measurement.
fn typed(options: &Options) -> String {
    let only = options.only.map(|part| format!(" --only {}", part.name())).unwrap_or_default();
    format!("cargo lab dev measure-load{}{only}", if options.quick { " --quick" } else { "" })
}

/// A generator's verdict as a cell, with the exit code, which is what a pipeline sees: `PASS (0)`.
fn verdict(said: &Said) -> String {
    let outcome = said.outcome.map_or("none".into(), |outcome| outcome.to_string());
    said.exit_code.map_or(outcome.clone(), |code| format!("{outcome} ({code})"))
}
