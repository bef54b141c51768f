//! A task of its own blocks the worker just as well.
// misses: turns_of_others

use std::sync::Arc;

use argon2::{Argon2, PasswordVerifier};

use crate::contract::{Accounts, Credentials, Denied, Session};

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    tokio::spawn(async move { verify(&accounts, &credentials) }).await.expect("the hash does not panic")
}

fn verify(accounts: &Accounts, credentials: &Credentials) -> Result<Session, Denied> {
    let account = accounts.find(&credentials.email);
    Argon2::default()
        .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
        .map_err(|_| Denied)?;
    Ok(Session { customer: account.customer })
}
