//! Somebody else who changes the data between two statements of the subject.
//!
//! Whoever asks twice for "the latest orders" has two answers when an order comes in between; on a quiet database nobody sees it. So each
//! statement of the subject is held back, before its caller has the result, until one change is made and committed.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use lab_probe::statements;
use orderflow_store::PoolSettings;
use sqlx::AnyPool;

/// A change to what the database holds, by somebody who has a pool of their own.
pub(super) type Change = Box<dyn FnOnce(AnyPool) -> Pin<Box<dyn Future<Output = Result<(), sqlx::Error>>>> + Send>;

/// A thread that makes one change whenever it is told to.
pub(super) struct Somebody {
    /// Locked while a change is being made, whose own statements are nobody's business.
    told: Mutex<(Sender<()>, Receiver<bool>)>,
    made: AtomicUsize,
}

/// Runs `subject` while these changes come in, one after each of its first statements. Returns also how many of them were made.
///
/// # Errors
/// The one who makes changes does not get into the database.
pub(super) async fn between_statements<T>(
    url: &str,
    changes: Vec<Change>,
    subject: impl Future<Output = T>,
) -> Result<(T, usize)> {
    statements::install();
    let (somebody, thread) = Somebody::begin(url.into(), changes)?;
    let told = Arc::clone(&somebody);
    statements::after_each(Some(Arc::new(move || told.change())));
    let answer = subject.await;
    statements::after_each(None);
    let made = somebody.made.load(SeqCst);
    // Whoever is reporting a statement at this moment may hold it a little longer.
    drop(somebody);
    drop(thread);
    Ok((answer, made))
}

impl Somebody {
    fn begin(url: String, changes: Vec<Change>) -> Result<(Arc<Somebody>, JoinHandle<()>)> {
        let ((tell, told), (say, said)) = (channel(), channel());
        let (ready, is_ready) = channel();
        let thread = std::thread::Builder::new().name("somebody-else".into()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error.into()))),
            };
            let settings = PoolSettings { max_connections: 1, ..PoolSettings::default() };
            match runtime.block_on(orderflow_store::connect(&url, &settings)) {
                Ok(pool) => {
                    // Nobody who waits for it is a panic on the other side.
                    let _ = ready.send(Ok(()));
                    make(&runtime, &pool, changes, &told, &say);
                    runtime.block_on(orderflow_store::drain(&pool));
                }
                Err(error) => drop(ready.send(Err(anyhow::Error::from(error)))),
            }
        })?;
        is_ready.recv().context("the thread that changes the data has ended")??;
        Ok((Arc::new(Somebody { told: Mutex::new((tell, said)), made: AtomicUsize::new(0) }), thread))
    }

    fn change(&self) {
        let Ok(told) = self.told.try_lock() else { return };
        let (tell, said) = &*told;
        if tell.send(()).is_ok() && said.recv() == Ok(true) {
            self.made.fetch_add(1, SeqCst);
        }
    }
}

/// Makes a change whenever told to, until there is none left or one fails: a subject may keep everybody else from writing.
fn make(
    runtime: &tokio::runtime::Runtime,
    pool: &AnyPool,
    changes: Vec<Change>,
    told: &Receiver<()>,
    say: &Sender<bool>,
) {
    for change in changes {
        if told.recv().is_err() {
            return;
        }
        let is_made = runtime.block_on(change(pool.clone())).is_ok();
        if say.send(is_made).is_err() || !is_made {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statement_of_the_subject_finds_one_change_more() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("shop.db").display());
        let insert = || -> Change {
            Box::new(|pool| {
                Box::pin(async move { sqlx::query("INSERT INTO seen VALUES (1)").execute(&pool).await.map(drop) })
            })
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (found, made) = runtime.block_on(async {
            let pool = orderflow_store::connect(&url, &PoolSettings::default()).await.unwrap();
            sqlx::query("CREATE TABLE seen (it INTEGER)").execute(&pool).await.unwrap();
            let subject = async {
                let mut found = Vec::new();
                for _ in 0..4 {
                    found.push(sqlx::query_scalar("SELECT COUNT(*) FROM seen").fetch_one(&pool).await.unwrap());
                }
                found
            };
            between_statements(&url, vec![insert(), insert()], subject).await.unwrap()
        });
        assert_eq!((found, made), (vec![0_i64, 1, 2, 2], 2));
    }
}
