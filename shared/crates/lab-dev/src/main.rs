//! `lab dev`, the program of those who write labs: what a learner compiles has none of it. Rules that are worth keeping are checked here.

mod allocators;
mod args;
mod book;
mod check;
mod exam;
mod figures;
mod half_fixes;
mod history;
mod load;
mod new;
mod page;
mod picture;
mod prove;
mod transcript;
mod update;
mod verdicts;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use lab_core::terminal;

use crate::args::{Arguments, Task};
use lab_core::catalogue;
use lab_core::workspace::Workspace;

fn main() -> ExitCode {
    lab_core::start::main(|| match Arguments::try_parse() {
        Ok(arguments) => run(&Workspace::find()?, arguments.task),
        Err(error) if error.use_stderr() => {
            terminal::print_aside(&error.render().ansi().to_string());
            Ok(2)
        }
        Err(help) => {
            terminal::print_line(help.render().ansi().to_string().trim_end());
            Ok(0)
        }
    })
}

fn run(workspace: &Workspace, task: Task) -> Result<u8> {
    match task {
        Task::Book { install, out } => book::run(workspace, install, out.as_deref()),
        Task::History { record, no_time } => history::run(workspace, record, no_time),
        Task::New { number, slug, kind } => new::run(workspace, number, &slug, kind),
        Task::Picture => picture::record(workspace),
        Task::Update { measure, half_fixes, lab } => {
            update::run(workspace, update::Measured { figures: measure, half_fixes }, lab.as_deref())
        }
        Task::MeasureAllocators { quick, record, json } => {
            allocators::run(workspace, &allocators::Options { quick, record, json })
        }
        Task::MeasureJudge { quick, only, resume, record, json } => {
            exam::run(workspace, &exam::Options { quick, only, resume, record, json })
        }
        Task::MeasureLoad { quick, only, record, json } => {
            load::run(workspace, &load::Options { quick, only, record, json })
        }
        Task::MeasureVerdicts { labs, runs, with_time, record } => {
            let named = labs.iter().map(|wanted| catalogue::find(workspace, wanted)).collect::<Result<Vec<_>>>()?;
            let labs = if named.is_empty() { catalogue::labs(workspace)? } else { named };
            verdicts::run(workspace, &labs, &verdicts::Repeat { runs, with_time, record })
        }
        Task::Check { prove, measure, lab } => {
            let mut labs = catalogue::labs(workspace)?;
            if let Some(wanted) = &lab {
                labs = vec![catalogue::find(workspace, wanted)?];
            }
            let mut problems = check::problems(workspace, &labs)?;
            if prove || measure {
                problems.extend(prove::problems(workspace, &labs, measure)?);
            }
            check::report(&labs, &problems)
        }
    }
}
