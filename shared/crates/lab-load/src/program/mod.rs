//! The program: what is typed becomes a [`plan::Plan`], which is driven, shown and held against its objectives.
//!
//! Nothing in here sends a request of its own or measures a time: that is the library's.

mod args;
mod breakpoint;
mod find;
mod knee;
mod live;
mod merge;
mod open_files;
mod outputs;
mod plan;
mod profile;
mod session;
mod show;
mod signals;
mod slo;
mod suggest;
mod terminal;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::Arguments;
use plan::Plan;

/// Wrong usage, and everything because of which nothing could be sent or written.
const COULD_NOT: u8 = 2;

/// The program.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(words) if words.use_stderr() => {
            let _ = terminal::complain(words.render().ansi().to_string().trim_end());
            return ExitCode::from(COULD_NOT);
        }
        // Help that cannot be written was not given.
        Err(help) => {
            return match terminal::print(&help.render().ansi().to_string()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::from(COULD_NOT),
            };
        }
    };
    match run(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // Nobody may be listening any more; the exit code still speaks.
            let _ = terminal::complain(&format!("{} {error:#}", terminal::paint(terminal::BAD, "error:")));
            ExitCode::from(COULD_NOT)
        }
    }
}

fn run(arguments: &Arguments) -> Result<u8> {
    if !arguments.merge.is_empty() {
        return merge::run(&arguments.merge, arguments.json);
    }
    let plan = Plan::new(arguments)?;
    if arguments.find_knee { knee::run(&plan, arguments) } else { session::run(&plan, arguments) }
}
