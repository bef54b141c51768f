//! The other tasks are carried off to another thread, this connection's own are not.
// misses: poll_cpu_ms_max

use std::sync::Arc;

use argon2::{Argon2, PasswordVerifier};
use tokio::task::block_in_place;

use crate::contract::{Accounts, Credentials, Denied, Session};

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    block_in_place(|| verify(&accounts, &credentials))
}

fn verify(accounts: &Accounts, credentials: &Credentials) -> Result<Session, Denied> {
    let account = accounts.find(&credentials.email);
    Argon2::default()
        .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
        .map_err(|_| Denied)?;
    Ok(Session { customer: account.customer })
}
