//! `lab`: the learner's, the trainer's and the contributor's front door.
//!
//! It never links a lab or the harness: it runs their programs and reads their JSON lines.

mod arena;
mod args;
mod cargo;
mod catalogue;
mod child;
mod database;
mod dev;
mod error;
mod flame;
mod fullscreen;
mod kept;
mod machine;
mod perf;
mod pristine;
mod progress;
mod render;
mod runner;
mod terminal;
mod verbs;
mod verify;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::args::{Arguments, Verb};
use crate::workspace::Workspace;

fn main() -> ExitCode {
    match started().and_then(|()| run(Arguments::parse())) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            anstream::eprintln!("{} {error:#}", terminal::paint(terminal::BAD, "error:"));
            ExitCode::from(error::exit_code(&error))
        }
    }
}

fn started() -> Result<()> {
    child::end_children_on_signals()?;
    child::end_with_parent()
}

fn run(arguments: Arguments) -> Result<u8> {
    if let Some(Verb::Baseline { task }) = arguments.verb {
        // Also outside a checkout: a team counts its own programs, in its own repository.
        return verbs::baseline::run(task);
    }
    let workspace = Workspace::find()?;
    let lab = |wanted: &str| {
        let labs = catalogue::labs(&workspace)?;
        pristine::keep_all(&workspace, &labs);
        catalogue::find(&workspace, wanted)
    };
    match arguments.verb {
        None => verbs::help::show(&workspace),
        Some(Verb::List { json }) => verbs::list::show(&workspace, json),
        Some(Verb::Reproduce(on)) => verbs::reproduce::lab(&workspace, &lab(&on.lab)?, &on),
        Some(Verb::Solution(on)) => verbs::reproduce::solution(&workspace, &lab(&on.lab)?, &on),
        Some(Verb::Serve(on)) if on.lab == verbs::serve::STALL => verbs::serve::stall(&workspace, &on),
        Some(Verb::Serve(on)) => verbs::serve::lab(&workspace, &lab(&on.lab)?, &on),
        Some(Verb::Bench { lab: wanted, arguments }) => verbs::bench::run(&workspace, &lab(&wanted)?, &arguments),
        Some(Verb::Profile { recorded, perf }) => {
            verbs::profile::cpu(&workspace, &lab(&recorded.on.lab)?, &recorded, perf)
        }
        Some(Verb::Flamediff(options)) => verbs::flamediff::run(&workspace, &lab(&options.lab)?, &options),
        Some(Verb::Offcpu(recorded)) => verbs::offcpu::run(&workspace, &lab(&recorded.on.lab)?, &recorded),
        Some(Verb::Heap { on, live }) => verbs::heap::run(&workspace, &lab(&on.lab)?, &on, live),
        Some(Verb::Console { on, table, install }) => {
            verbs::console::run(&workspace, &lab(&on.lab)?, &on, table, install)
        }
        Some(Verb::Dump(on)) => verbs::dump::run(&workspace, on.lab.as_deref().map(lab).transpose()?.as_ref(), &on),
        Some(Verb::Hint { lab: wanted, level, json }) => verbs::hint::show(&workspace, &lab(&wanted)?, level, json),
        Some(Verb::Answer { lab: wanted, choices, json }) => {
            verbs::answer::run(&workspace, &lab(&wanted)?, &choices, json)
        }
        Some(Verb::Verify { lab: wanted, seed, quick, no_time, instructions, attempt, reference, draft, json }) => {
            let options = verify::Options { seed, quick, no_time, instructions, attempt, reference, draft, json };
            Ok(verify::verify(&workspace, &lab(&wanted)?, &options)?.exit_code())
        }
        Some(Verb::Watch { lab: wanted, seed, quick, no_time, json }) => {
            verbs::watch::run(&workspace, &lab(&wanted)?, &verbs::watch::Options { seed, quick, no_time, json })
        }
        Some(Verb::Diff { lab: wanted, json }) => verbs::diff::show(&workspace, &lab(&wanted)?, json),
        Some(Verb::Report { lab: wanted, open, watch, out, name, solution_diff, json }) => {
            let only = wanted.as_deref().map(lab).transpose()?;
            let options = verbs::report::Options { open, watch, out, name, solution_diff, json };
            verbs::report::run(&workspace, only.as_ref(), &options)
        }
        Some(Verb::Board { folder, out, open }) => verbs::board::run(&workspace, &folder, out, open),
        Some(Verb::Reset { lab: wanted, json }) => verbs::reset::run(&workspace, &lab(&wanted)?, json),
        Some(Verb::Doctor { json }) => verbs::doctor::show(&workspace, json),
        Some(Verb::Load { arguments }) => verbs::load::run(&workspace, &arguments),
        Some(Verb::Baseline { task }) => verbs::baseline::run(task),
        Some(Verb::Prefetch) => verbs::prefetch::run(&workspace),
        Some(Verb::Dev { task }) => dev::run(&workspace, task),
    }
}
