//! An address that nobody has gets a hash with a little less memory; many times to the answer tell who is a customer.
// misses: hash_memory_most_over_least

use std::sync::Arc;

use argon2::{Argon2, Params, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::contract::{Accounts, CORES, Credentials, Denied, Session};

static FREE_CORES: Semaphore = Semaphore::const_new(CORES);

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    let core = FREE_CORES.acquire().await.expect("nobody closes the semaphore");
    let verify = move || {
        let _core = core;
        verify(&accounts, &credentials)
    };
    spawn_blocking(verify).await.expect("the hash does not panic")
}

fn verify(accounts: &Accounts, credentials: &Credentials) -> Result<Session, Denied> {
    let account = accounts.find(&credentials.email);
    if account.customer == 0 {
        let weaker = Argon2::from(Params::new(16 * 1024, 2, 1, None).expect("valid by the algorithm's specification"));
        let _ = weaker.hash_password_into(credentials.password.as_bytes(), b"nobody's salt", &mut [0; 32]);
        return Err(Denied);
    }
    Argon2::default()
        .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
        .map_err(|_| Denied)?;
    Ok(Session { customer: account.customer })
}
