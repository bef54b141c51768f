//! `lab dev measure-judge`: the judge's own examination, on work whose true ratio is known.

mod asked;
mod bars;
mod beside;
mod control;
mod paper;
mod question;

pub use asked::Bar;
pub use question::{Hogs, progress};

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};

use self::asked::{Answer, Question};
use self::paper::Paper;
use lab_core::arena::JUDGE_FLAGS;
use lab_core::cargo::{self, Build};
use lab_core::machine;
use lab_core::say;
use lab_core::terminal::print_json;
use lab_core::workspace::{Workspace, write_atomically};

/// The kinds of work of the program `lab-exam`.
pub const CLASSES: [&str; 7] = ["gather", "hash", "branch", "fetch", "async", "parallel", "miss"];

/// How to examine.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// At most three minutes: few runs of each question.
    pub quick: bool,
    /// Only this kind of work.
    pub only: Option<String>,
    /// Go on with the newest paper: only what it has no answer to is asked.
    pub resume: bool,
    /// Write the tables into the book.
    pub record: bool,
    /// Print the paper as JSON.
    pub json: bool,
}

/// The programs of the examination.
struct Programs {
    /// As the judge is built: functions aligned.
    aligned: PathBuf,
    /// As Cargo builds them.
    ordinary: PathBuf,
}

/// Runs the examination; exit code 0 when all bars are reached, 1 when one is missed.
pub fn run(workspace: &Workspace, options: &Options) -> Result<u8> {
    let started = Instant::now();
    let programs = programs(workspace)?;
    let folder = workspace.target.join("lab/judge");
    let mut paper = if options.resume { Paper::newest(&folder)? } else { Paper::new(options.quick) };
    let before = paper.seconds;
    let path = folder.join(format!("exam-{}.json", paper.at));
    let keep = |paper: &mut Paper| {
        (paper.seconds, paper.load) = (before + started.elapsed().as_secs_f64(), machine::load());
        write_atomically(&path, &serde_json::to_vec_pretty(paper)?)
    };
    if options.only.is_none() {
        if paper.growth.is_empty() {
            paper.growth = question::growth(&programs.aligned, paper.quick)?;
            keep(&mut paper)?;
        }
        if paper.controls.is_empty() {
            paper.controls = control::all(&programs, paper.quick)?;
            keep(&mut paper)?;
        }
        if paper.criterion.is_empty() && !paper.quick {
            paper.criterion = beside::criterion(workspace)?;
            keep(&mut paper)?;
        }
    }
    for question in question::all(paper.quick, options.only.as_deref())? {
        if paper.has_answer(&question) {
            continue;
        }
        let answer = question.ask(&programs.aligned)?;
        report(&question, &answer);
        paper.answers.push(answer);
        keep(&mut paper)?;
    }
    paper.bars = bars::of(&paper);
    keep(&mut paper)?;
    if options.json {
        print_json(&paper)?;
    } else {
        say!();
        say!("{}", paper.markdown());
        say!("Kept as {}", workspace.show(&path));
    }
    if options.record {
        paper.record(workspace)?;
    }
    Ok(u8::from(paper.bars.iter().any(Bar::fails)))
}

fn report(question: &Question, answer: &Answer) {
    lab_core::complain!(
        "{question}: {} same, {} faster, {} slower, {} inconclusive, {} wrong; {:.1} s a verdict",
        answer.same,
        answer.faster,
        answer.slower,
        answer.inconclusive,
        answer.wrong,
        answer.seconds_p50
    );
}

fn programs(workspace: &Workspace) -> Result<Programs> {
    Ok(Programs { aligned: build(workspace, true)?, ordinary: build(workspace, false)? })
}

/// The program of the examination, with aligned functions as the judge is built, or as Cargo builds it.
pub fn build(workspace: &Workspace, is_aligned: bool) -> Result<PathBuf> {
    let build = Build {
        title: "Building the examination".into(),
        arguments: vec!["--package".into(), "lab-exam".into(), "--bins".into()],
        target: is_aligned.then(|| workspace.target.join("judge")),
        rustflags: if is_aligned { vec![JUDGE_FLAGS.into()] } else { Vec::new() },
        ..Build::default()
    };
    cargo::build(workspace, &build)?.executable("lab-exam").context("the examination could not be built")
}
