//! One hash at a time: nobody is blocked and memory is bounded, but a core stays idle.

use std::sync::Arc;

use argon2::{Argon2, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::contract::{Accounts, Credentials, Denied, Session};

static ONE: Semaphore = Semaphore::const_new(1);

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    let one = ONE.acquire().await.expect("nobody closes the semaphore");
    let verify = move || {
        let _one = one;
        verify(&accounts, &credentials)
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
