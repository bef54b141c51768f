//! Two threads that do nothing but hash, and a queue in front of them.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use argon2::{Argon2, PasswordVerifier};
use tokio::sync::oneshot;

use crate::contract::{Accounts, CORES, Credentials, Denied, Session};

type Job = Box<dyn FnOnce() + Send>;

static QUEUE: LazyLock<Sender<Job>> = LazyLock::new(|| {
    let (queue, jobs) = channel::<Job>();
    let jobs = Arc::new(Mutex::new(jobs));
    for _ in 0..CORES {
        let jobs = Arc::clone(&jobs);
        thread::spawn(move || {
            loop {
                let next = jobs.lock().expect("nobody panics with it").recv();
                let Ok(job) = next else { return };
                job();
            }
        });
    }
    queue
});

/// Opens a session for whoever knows the account's password.
pub async fn sign_in(accounts: Arc<Accounts>, credentials: Credentials) -> Result<Session, Denied> {
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move || {
        // Nobody waits any more if the customer has hung up.
        let _ = answer.send(verify(&accounts, &credentials));
    });
    QUEUE.send(job).expect("the threads live as long as the service");
    answered.await.expect("the hash does not panic")
}

fn verify(accounts: &Accounts, credentials: &Credentials) -> Result<Session, Denied> {
    let account = accounts.find(&credentials.email);
    Argon2::default()
        .verify_password(credentials.password.as_bytes(), account.password_hash.as_str())
        .map_err(|_| Denied)?;
    Ok(Session { customer: account.customer })
}
