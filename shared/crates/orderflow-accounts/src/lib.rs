//! OrderFlow's account service: customers sign in, and look their orders up.
//!
//! How somebody is signed in is a part, [`SignIn`]: whoever runs the service fills the slot, be it with a lab's code, a solution's or a
//! learner's. The service keeps everything in memory and knows no database. It does not know who measures it, either: what is to be
//! timed is wrapped [`around`] its [`routes`].

mod accounts;
mod password;
mod routes;
mod seeded;
mod typed;

use std::pin::Pin;
use std::sync::Arc;

pub use accounts::{Account, Accounts, Credentials, Denied, Session};
pub use password::{Cost, hash, opens};
pub use routes::{Handling, around, routes, serve};
pub use seeded::{credentials, customer_of, load_data, orders};
pub use typed::{Who, decomposed, mistyped, trimmed};

/// Cores that a pod of the account service is given. Its runtime has as many workers.
pub const CORES: usize = 2;

/// A sign-in under way.
pub type SigningIn = Pin<Box<dyn Future<Output = Result<Session, Denied>> + Send>>;

/// The part of the service that signs customers in.
///
/// ```
/// use orderflow_accounts::{Denied, SignIn};
///
/// let nobody_comes_in = SignIn { sign_in: |_accounts, _credentials| Box::pin(async { Err(Denied) }) };
/// let router = orderflow_accounts::routes(nobody_comes_in, 7);
/// # drop(router);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SignIn {
    /// Opens a session for whoever knows the account's password.
    pub sign_in: fn(Arc<Accounts>, Credentials) -> SigningIn,
}
