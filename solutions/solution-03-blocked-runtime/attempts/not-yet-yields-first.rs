//! Lets everybody go first, and then blocks.
// misses: poll_cpu_ms_max

use std::sync::Arc;

use argon2::{Argon2, PasswordVerifier};

use crate::contract::{Accounts, Credentials, Denied, Session};

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    for _ in 0..2_000 {
        tokio::task::yield_now().await;
    }
    verify(&accounts, &credentials)
}

fn verify(accounts: &Accounts, credentials: &Credentials) -> Result<Session, Denied> {
    let account = accounts.find(&credentials.email);
    Argon2::default()
        .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
        .map_err(|_| Denied)?;
    Ok(Session { customer: account.customer })
}
