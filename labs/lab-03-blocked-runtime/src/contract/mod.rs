//! What the account service is held against with a `sign_in` in its slot. The judge uses its own copy of this folder.

mod bystanders;
mod check;
mod cost;
mod count;
mod crowd;
mod load;
mod program;
mod server;

use std::process::ExitCode;

pub use bystanders::Bystanders;
pub use orderflow_accounts::{Account, Accounts, CORES, Credentials, Denied, Session, SignIn};

/// The promise for looking an order up: 99% of requests within this many milliseconds.
pub const LOOKUP_P99_MS: f64 = 50.0;

/// The promise for signing in: 99% of requests within this many milliseconds.
pub const SIGN_IN_P99_MS: f64 = 500.0;

/// The longest that a sign-in may keep its thread in one poll, in milliseconds of CPU time.
pub const POLL_MS: f64 = 2.0;

/// The `main` of this lab's programs.
pub fn main(part: SignIn) -> ExitCode {
    lab_harness::program::main(&program::AccountService { part })
}
