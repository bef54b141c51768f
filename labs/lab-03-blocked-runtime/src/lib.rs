//! Lab 03: signing in. The learner edits `sign_in.rs`.

use std::process::ExitCode;

use contract::SignIn;

pub mod contract;
pub mod sign_in;

/// The part of the account service that the lab is about.
pub const PART: SignIn = SignIn { sign_in: |accounts, typed| Box::pin(sign_in::sign_in(accounts, typed)) };

/// The program.
pub fn main() -> ExitCode {
    contract::main(PART)
}
