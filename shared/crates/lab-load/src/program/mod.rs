//! The program: what is typed becomes a [`plan::Plan`], which is driven, shown and held against its objectives.
//!
//! Nothing in here sends a request of its own or measures a time: that is the library's.

mod args;
mod breakpoint;
mod knee;
mod live;
mod merge;
mod open_files;
mod outputs;
mod plan;
mod profile;
mod scenario;
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

/// All steps as one: the name under which they are shown and judged.
const OVERALL: &str = "overall";

/// Wrong usage, and everything because of which nothing could be sent or written.
const COULD_NOT: u8 = 2;

/// The program.
pub fn main() -> ExitCode {
    match run(&Arguments::parse()) {
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
