//! The permit belongs to the customer, who may hang up while it is used; the account's lock is waited for on another thread.
// misses: hung_up_peak_mib

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
    let email = credentials.email.clone();
    let account = spawn_blocking(move || accounts.find(&email)).await.expect("no panic");
    let _core = FREE_CORES.acquire().await.expect("nobody closes the semaphore");
    let verify = move || {
        Argon2::default()
            .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
            .map_err(|_| Denied)?;
        Ok(Session { customer: account.customer })
    };
    spawn_blocking(verify).await.expect("the hash does not panic")
}
