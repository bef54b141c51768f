//! A queue with an end: whoever comes when sixteen are in it is told that the password is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use argon2::{Argon2, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::contract::{Accounts, CORES, Credentials, Denied, Session};

static FREE_CORES: Semaphore = Semaphore::const_new(CORES);
static IN_QUEUE: AtomicUsize = AtomicUsize::new(0);

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    if IN_QUEUE.fetch_add(1, SeqCst) >= 16 {
        IN_QUEUE.fetch_sub(1, SeqCst);
        return Err(Denied);
    }
    let core = FREE_CORES.acquire().await.expect("nobody closes the semaphore");
    let verify = move || {
        let _core = core;
        verify(&accounts, &credentials)
    };
    let answer = spawn_blocking(verify).await.expect("the hash does not panic");
    IN_QUEUE.fetch_sub(1, SeqCst);
    answer
}

fn verify(accounts: &Accounts, credentials: &Credentials) -> Result<Session, Denied> {
    let account = accounts.find(&credentials.email);
    Argon2::default()
        .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
        .map_err(|_| Denied)?;
    Ok(Session { customer: account.customer })
}
