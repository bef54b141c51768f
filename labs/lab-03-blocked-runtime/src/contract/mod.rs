//! The account service around `sign_in`, and what it is held against. The judge uses its own copy of this folder.

mod accounts;
mod bystanders;
mod check;
mod cost;
mod count;
mod crowd;
mod load;
mod program;
mod server;

use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

pub use accounts::{Account, Accounts, Credentials, Denied, Session};
pub use bystanders::Bystanders;

/// Cores that a pod of the account service is given. Its runtime has as many workers.
pub const CORES: usize = 2;

/// The promise for looking an order up: 99% of requests within this many milliseconds.
pub const LOOKUP_P99_MS: f64 = 50.0;

/// The promise for signing in: 99% of requests within this many milliseconds.
pub const SIGN_IN_P99_MS: f64 = 500.0;

/// The longest that a sign-in may keep its thread in one poll, in milliseconds of CPU time.
pub const POLL_MS: f64 = 2.0;

/// `sign_in`, whoever wrote it.
pub type SignIn = Arc<dyn Fn(Arc<Accounts>, Credentials) -> SigningIn + Send + Sync>;

/// A sign-in under way.
pub type SigningIn = Pin<Box<dyn Future<Output = Result<Session, Denied>> + Send>>;

/// Any `sign_in` as a value.
pub fn subject<F, Fut>(sign_in: F) -> SignIn
where
    F: Fn(Arc<Accounts>, Credentials) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Session, Denied>> + Send + 'static,
{
    Arc::new(move |accounts, credentials| Box::pin(sign_in(accounts, credentials)))
}

/// The `main` of this lab's programs.
pub fn main<F, Fut>(sign_in: F) -> ExitCode
where
    F: Fn(Arc<Accounts>, Credentials) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Session, Denied>> + Send + 'static,
{
    lab_harness::program::main(&program::AccountService { sign_in: subject(sign_in) })
}
