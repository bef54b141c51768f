//! A database of our own, and the runtime that talks to it.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lab_probe::statements::{self, StatementCounts};
use orderflow_store::{Backend, PoolSettings, StoreError, disk_trouble};
use sqlx::AnyPool;
use tokio::runtime::{Builder, Runtime};

use super::{Function, Store};
use crate::database::{Lease, lease};
use crate::program::Run;
use crate::trouble::MachineTrouble;

/// Someone who never lets go of a connection must not keep us from leaving.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long, and how often at the most, one question is asked to see what it costs.
const COSTED: Duration = Duration::from_millis(150);
const MOST_COSTED: usize = 7;

/// A pool on a leased database.
pub(super) struct Opened {
    pub pool: AnyPool,
    pub runtime: Runtime,
    /// Last, because fields are dropped in this order: the database goes when nobody is connected.
    lease: Lease,
}

impl Opened {
    /// A migrated database without data. No code of a learner's has run so far: what fails here is the machine's.
    pub fn empty() -> Result<Opened> {
        Opened::migrated().context(MachineTrouble)
    }

    fn migrated() -> Result<Opened> {
        let lease = lease(Backend::from_env()?)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("Could not start the asynchronous runtime")?;
        let pool = runtime.block_on(async {
            let pool = orderflow_store::connect(&lease.url, &PoolSettings::default()).await?;
            orderflow_store::migrate(&pool).await?;
            anyhow::Ok(pool)
        })?;
        Ok(Opened { pool, runtime, lease })
    }

    /// A database with the contract's shop, and the shop.
    pub fn filled<S: Store>(run: &Run) -> Result<(Opened, S::Data)> {
        let opened = Opened::empty()?;
        let data = opened.runtime.block_on(S::fill(&opened.pool, run)).context(MachineTrouble)?;
        Ok((opened, data))
    }

    /// A new pool with one connection, as a service has when it starts: how many an old one holds is a matter of luck.
    pub fn with_new_pool(mut self) -> Result<Opened> {
        let settings = PoolSettings::default();
        let pool =
            self.runtime.block_on(orderflow_store::connect(&self.lease.url, &settings)).context(MachineTrouble)?;
        let old = std::mem::replace(&mut self.pool, pool);
        self.runtime.block_on(orderflow_store::drain(&old));
        Ok(self)
    }

    /// Waits until every connection is handed back, which a task does after the call: who is quicker finds none, and opens another one,
    /// or does not, as luck has it.
    pub fn settle(&self) {
        let until = Instant::now() + PATIENCE;
        self.runtime.block_on(async {
            while self.pool.num_idle() < self.pool.size() as usize && Instant::now() < until {
                tokio::task::yield_now().await;
            }
        });
    }

    /// Calls the subject as often as it fits into [`COSTED`], at least once. The least that it costs in milliseconds: CPU time of this
    /// process where the database is part of it, else wall time. Each answer is handed on when its clock has stopped.
    pub fn cost_ms<S: Store>(
        &self,
        function: Function<S>,
        input: S::Input,
        answered: impl Fn(S::Answer) -> Result<()>,
    ) -> Result<f64> {
        let clock: fn() -> Duration = match Backend::from_env()? {
            Backend::Sqlite => lab_probe::process_cpu_time,
            Backend::Postgres => wall_time,
        };
        let (began, mut least) = (Instant::now(), f64::INFINITY);
        for _ in 0..MOST_COSTED {
            let before = clock();
            let answer = black_box(self.call::<S>(function, input)?);
            least = least.min((clock() - before).as_secs_f64() * 1e3);
            answered(answer)?;
            self.settle();
            if began.elapsed() > COSTED {
                break;
            }
        }
        Ok(least)
    }

    /// Calls the subject.
    pub fn call<S: Store>(&self, function: Function<S>, input: S::Input) -> Result<S::Answer> {
        let answer = match self.runtime.block_on(function(&self.pool, input)) {
            Ok(answer) => Ok(answer),
            Err(error) => Err(of_the_database(error)?),
        };
        answer.with_context(|| format!("{} failed", S::show(input)))
    }

    /// Calls the subject and counts what it sends.
    pub fn count<S: Store>(&self, function: Function<S>, input: S::Input) -> Result<(S::Answer, StatementCounts)> {
        statements::take();
        let answer = self.call::<S>(function, input)?;
        Ok((answer, statements::take()))
    }
}

/// The same error; where a full or failing disk is behind it, as the machine's trouble, with what to do.
pub fn or_the_machines(error: anyhow::Error) -> anyhow::Error {
    if error.downcast_ref::<StoreError>().is_some_and(StoreError::is_disk_trouble) {
        return error.context(MachineTrouble);
    }
    match error.chain().find_map(|cause| disk_trouble(cause.downcast_ref()?)) {
        Some(words) => anyhow::anyhow!(words).context(MachineTrouble),
        None => error,
    }
}

fn wall_time() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGAN.elapsed()
}

/// An error that a subject is to blame for, or at least no one else.
///
/// # Errors
/// The disk below the database is full, or fails: the machine's trouble, whatever the subject asked.
pub fn of_the_database(error: sqlx::Error) -> Result<sqlx::Error> {
    match disk_trouble(&error) {
        Some(words) => Err(anyhow::anyhow!(words).context(MachineTrouble)),
        None => Ok(error),
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // A connection that stays open is the janitor's business.
        let _ =
            self.runtime.block_on(async { tokio::time::timeout(PATIENCE, orderflow_store::drain(&self.pool)).await });
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn a_full_disk_is_the_machines_and_any_other_error_is_an_answer() {
        let full = of_the_database(sqlx::Error::Io(Error::from(ErrorKind::StorageFull))).unwrap_err();
        assert!(full.downcast_ref::<MachineTrouble>().is_some(), "{full:#}");
        let words = format!("{full:#}");
        assert!(words.contains("TMPDIR") && words.contains(&std::env::temp_dir().display().to_string()), "{words}");
        let from_the_contract =
            anyhow::Error::from(sqlx::Error::Io(Error::from(ErrorKind::StorageFull))).context("Could not seed");
        assert!(or_the_machines(from_the_contract).downcast_ref::<MachineTrouble>().is_some());
        let prepared = anyhow::Error::from(StoreError::Disk("no room".into()));
        assert!(or_the_machines(prepared).downcast_ref::<MachineTrouble>().is_some());
        assert!(or_the_machines(sqlx::Error::RowNotFound.into()).downcast_ref::<MachineTrouble>().is_none());
        assert!(matches!(of_the_database(sqlx::Error::RowNotFound), Ok(sqlx::Error::RowNotFound)));
        let gone = of_the_database(sqlx::Error::Io(Error::from(ErrorKind::ConnectionReset))).unwrap_err();
        assert!(gone.downcast_ref::<MachineTrouble>().is_some(), "{gone:#}");
    }
}
