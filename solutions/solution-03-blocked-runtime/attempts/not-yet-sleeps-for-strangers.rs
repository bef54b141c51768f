//! Waits where it should compute: the same time to the answer on a quiet machine, and another one as soon as there is a queue.
// misses: hashes_per_sign_in

use std::sync::Arc;
use std::time::Duration;

use argon2::{Argon2, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::contract::{Accounts, CORES, Credentials, Denied, Session};

static FREE_CORES: Semaphore = Semaphore::const_new(CORES);

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    if accounts.find(&credentials.email).customer == 0 {
        sleep(Duration::from_millis(18)).await;
        return Err(Denied);
    }
    let core = FREE_CORES.acquire().await.expect("nobody closes the semaphore");
    let verify = move || {
        let _core = core;
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
