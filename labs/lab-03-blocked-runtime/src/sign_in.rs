//! `POST /sign-in`: the customer's password against the hash that we keep of it.

use std::sync::Arc;

use argon2::{Argon2, PasswordVerifier};

use crate::contract::{Accounts, Credentials, Denied, Session};

/// Opens a session for whoever knows the account's password.
///
/// An unknown e-mail address costs the same hash as a wrong password, so that the time to the answer does not give away who is a
/// customer of ours.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    let account = accounts.find(&credentials.email);
    Argon2::default()
        .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
        .map_err(|_| Denied)?;
    Ok(Session { customer: account.customer })
}
