//! `lab`: the learner's and the trainer's front door.
//!
//! It never links a lab or the harness: it runs their programs and reads their JSON lines.

mod args;
mod verbs;

use std::process::ExitCode;

use anyhow::Result;

use crate::args::{Arguments, Said, Verb};
use lab_core::arena::Attempt;
use lab_core::workspace::Workspace;
use lab_core::{catalogue, pristine, progress, terminal, verify};

fn main() -> ExitCode {
    lab_core::start::main(parsed_and_run)
}

/// Runs what was typed, or says what is wrong with it. Help goes to standard output, and is printed as everything there.
fn parsed_and_run() -> Result<u8> {
    match args::arguments() {
        Ok(arguments) => run(arguments),
        Err(Said::Wrong(words)) => {
            terminal::print_aside(&words);
            Ok(2)
        }
        Err(Said::Help(words)) => {
            terminal::print_line(words.trim_end());
            Ok(0)
        }
    }
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
    let looking = |lab: &catalogue::Lab, is_solution, show: &dyn Fn() -> Result<u8>| {
        progress::looking_at_solution(&workspace, &lab.name, is_solution, show)
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
            let lab = lab(&recorded.on.lab)?;
            looking(&lab, recorded.on.solution, &|| verbs::profile::cpu(&workspace, &lab, &recorded, perf))
        }
        Some(Verb::Flamediff(options)) => {
            let lab = lab(&options.lab)?;
            looking(&lab, options.solution, &|| verbs::flamediff::run(&workspace, &lab, &options))
        }
        Some(Verb::Offcpu(recorded)) => {
            let lab = lab(&recorded.on.lab)?;
            looking(&lab, recorded.on.solution, &|| verbs::offcpu::run(&workspace, &lab, &recorded))
        }
        Some(Verb::Heap { on, live }) => {
            let lab = lab(&on.lab)?;
            looking(&lab, on.solution, &|| verbs::heap::run(&workspace, &lab, &on, live))
        }
        Some(Verb::Console { on, table, install }) => {
            let lab = lab(&on.lab)?;
            looking(&lab, on.solution, &|| verbs::console::run(&workspace, &lab, &on, table, install))
        }
        Some(Verb::Dump(on)) => match on.lab.as_deref().map(lab).transpose()? {
            Some(lab) => looking(&lab, on.solution, &|| verbs::dump::run(&workspace, Some(&lab), &on)),
            None => verbs::dump::run(&workspace, None, &on),
        },
        Some(Verb::Hint { lab: wanted, level, json }) => verbs::hint::show(&workspace, &lab(&wanted)?, level, json),
        Some(Verb::Answer { lab: wanted, choices, json }) => {
            verbs::answer::run(&workspace, &lab(&wanted)?, &choices, json)
        }
        Some(Verb::Verify { lab: wanted, seed, quick, no_time, instructions, attempt, reference, draft, json }) => {
            let attempt = match attempt {
                _ if reference => Attempt::Reference,
                Some(path) => Attempt::Path(path),
                None => Attempt::Current,
            };
            let options = verify::Options { seed, quick, no_time, instructions, attempt, draft, json };
            Ok(verify::verify(&workspace, &lab(&wanted)?, &options)?.exit_code())
        }
        Some(Verb::Watch { lab: wanted, seed, quick, no_time, json }) => {
            verbs::watch::run(&workspace, &lab(&wanted)?, &verbs::watch::Options { seed, quick, no_time, json })
        }
        Some(Verb::Diff { lab: wanted, yours, solution, yes, json }) => {
            verbs::diff::show(&workspace, &lab(&wanted)?, &verbs::diff::Options { yours, solution, yes, json })
        }
        Some(Verb::Report { lab: wanted, open, watch, out, name, solution_diff, json }) => {
            let only = wanted.as_deref().map(lab).transpose()?;
            let options = verbs::report::Options { open, watch, out, name, solution_diff, json };
            verbs::report::run(&workspace, only.as_ref(), &options)
        }
        Some(Verb::Board { folder, out, open }) => verbs::board::run(&workspace, &folder, out, open),
        // Also of a lab that cannot be read as it is now.
        Some(Verb::Reset { lab: wanted, json }) => {
            verbs::reset::run(&workspace, &catalogue::original(&workspace, &wanted)?, json)
        }
        Some(Verb::Doctor { json }) => verbs::doctor::show(&workspace, json),
        Some(Verb::Load { arguments }) => verbs::load::run(&workspace, &arguments),
        Some(Verb::Baseline { task }) => verbs::baseline::run(task),
        Some(Verb::Slowdown { month, no_time, json }) => {
            let month = month.map(usize::from);
            verbs::slowdown::play(&workspace, &verbs::slowdown::Options { month, no_time, json })
        }
        Some(Verb::Prefetch { agenda, labs: wanted }) => {
            let wanted: Vec<_> = wanted.iter().map(|wanted| lab(wanted)).collect::<Result<_>>()?;
            verbs::prefetch::run(&workspace, agenda.as_deref(), wanted)
        }
        Some(Verb::Dev { arguments }) => verbs::dev::run(&workspace, &arguments),
    }
}
