//! How our programs begin and end.

use std::process::ExitCode;

use anyhow::Result;

use crate::child::{self, keeper};
use crate::complain;
use crate::error;
use crate::terminal;

/// The `main` of a program of ours: `run` returns its exit code. Signals end it with all that it started; an error is said.
pub fn main(run: impl FnOnce() -> Result<u8>) -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|verb| verb == keeper::VERB) {
        return keeper::keep(std::io::stdin().lock());
    }
    let ended = started().and_then(|()| run());
    keeper::dismiss();
    let complained = |error: anyhow::Error| {
        complain!("{} {error:#}", terminal::paint(terminal::BAD, "error:"));
        error::exit_code(&error)
    };
    let code = ended.unwrap_or_else(complained);
    ExitCode::from(terminal::all_was_printed().map_or_else(complained, |()| code))
}

fn started() -> Result<()> {
    child::end_children_on_signals()?;
    child::end_with_parent()
}
