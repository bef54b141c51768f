//! Two buffers that are kept, one for each core, in place of new memory for each hash: the same for customers and for strangers.

use std::sync::{Arc, Mutex};

use argon2::{Argon2, Block, Params, PasswordHash};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::contract::{Accounts, CORES, Credentials, Denied, Session};

static FREE_CORES: Semaphore = Semaphore::const_new(CORES);
static BUFFERS: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

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
    let kept = PasswordHash::new(&account.password_hash).map_err(|_| Denied)?;
    let (Some(salt), Some(expected)) = (&kept.salt, &kept.hash) else { return Err(Denied) };
    let params = Params::try_from(&kept).map_err(|_| Denied)?;
    let mut buffer = BUFFERS.lock().expect("nobody panics with it").pop().unwrap_or_default();
    if buffer.len() < params.block_count() {
        buffer.resize(params.block_count(), Block::default());
    }
    let mut computed = vec![0; expected.len()];
    let hashed = Argon2::from(params).hash_password_into_with_memory(
        credentials.password.as_bytes(),
        salt,
        &mut computed,
        &mut buffer,
    );
    BUFFERS.lock().expect("nobody panics with it").push(buffer);
    if hashed.is_err() || computed != expected.as_bytes() {
        return Err(Denied);
    }
    Ok(Session { customer: account.customer })
}
