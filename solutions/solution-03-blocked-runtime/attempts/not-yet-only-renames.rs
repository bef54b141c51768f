//! `POST /sign-in`: the customer's password against the hash that we keep of it.
// misses: poll_cpu_ms_max, turns_of_others

use std::sync::Arc;

use argon2::{Argon2, PasswordVerifier};

use crate::contract::{Accounts, Credentials, Denied, Session};

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    let Credentials { email, password } = &credentials;
    let account = accounts.find(email);
    if is_right(password, &account.password_hash) { Ok(Session { customer: account.customer }) } else { Err(Denied) }
}

fn is_right(password: &str, hash: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}
