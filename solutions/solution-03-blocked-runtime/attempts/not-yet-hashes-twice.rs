//! Tries a wrong password once more without the spaces around it: a second hash for whoever mistypes, and the clock tells which it was.
// misses: hashes_per_sign_in_max

use std::sync::Arc;

use argon2::{Argon2, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::contract::{Accounts, CORES, Credentials, Denied, Session};

static FREE_CORES: Semaphore = Semaphore::const_new(CORES);

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    let core = FREE_CORES.acquire().await.expect("nobody closes the semaphore");
    let verify = move || {
        let _core = core;
        verify(&accounts, &credentials).or_else(|_| {
            // Whether it opens or not: a password is taken as it was typed.
            let trimmed = Credentials { password: credentials.password.trim().into(), ..credentials.clone() };
            verify(&accounts, &trimmed).and(Err(Denied))
        })
    };
    spawn_blocking(verify).await.expect("the hash does not panic")
}

fn verify(accounts: &Accounts, credentials: &Credentials) -> Result<Session, Denied> {
    let account = accounts.find(&credentials.email);
    Argon2::default()
        .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
        .map_err(|_| Denied)?;
    Ok(Session { customer: account.customer })
}
