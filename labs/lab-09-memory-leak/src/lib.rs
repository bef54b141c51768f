//! Lab 09: memory-leak. The learner edits `search.rs`.

use std::process::ExitCode;

use contract::{Requests, Searches, Served};
use search::SearchBox;

pub mod contract;
pub mod pod;
pub mod search;

/// The function: a search box of its own for these requests.
pub fn serve(requests: &Requests) -> Served {
    Served::of(requests, SearchBox::default, SearchBox::answer)
}

/// The program.
pub fn main() -> ExitCode {
    lab_harness::kernel::main_and::<Searches>(serve, pod::rest)
}
