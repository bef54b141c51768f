//! A database of our own, and the runtime that talks to it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lab_probe::statements::{self, StatementCounts};
use orderflow_store::{Backend, PoolSettings};
use sqlx::AnyPool;
use tokio::runtime::{Builder, Runtime};

use super::{Function, Store};
use crate::database::{Lease, lease};
use crate::program::Run;

/// Someone who never lets go of a connection must not keep us from leaving.
const PATIENCE: Duration = Duration::from_secs(2);

/// A pool on a leased database.
pub(super) struct Opened {
    pub pool: AnyPool,
    pub runtime: Runtime,
    /// Last, because fields are dropped in this order: the database goes when nobody is connected.
    lease: Lease,
}

impl Opened {
    /// A migrated database without data.
    pub fn empty() -> Result<Opened> {
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
        let data = opened.runtime.block_on(S::fill(&opened.pool, run))?;
        Ok((opened, data))
    }

    /// A new pool with one connection, as a service has when it starts: how many an old one holds is a matter of luck.
    pub fn with_new_pool(mut self) -> Result<Opened> {
        let settings = PoolSettings::default();
        let pool = self.runtime.block_on(orderflow_store::connect(&self.lease.url, &settings))?;
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

    /// Calls the subject.
    pub fn call<S: Store>(&self, function: Function<S>, input: S::Input) -> Result<S::Answer> {
        let answer = self.runtime.block_on(function(&self.pool, input));
        answer.with_context(|| format!("{} failed", S::show(input)))
    }

    /// Calls the subject and counts what it sends.
    pub fn count<S: Store>(&self, function: Function<S>, input: S::Input) -> Result<(S::Answer, StatementCounts)> {
        statements::take();
        let answer = self.call::<S>(function, input)?;
        Ok((answer, statements::take()))
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // A connection that stays open is the janitor's business.
        let _ =
            self.runtime.block_on(async { tokio::time::timeout(PATIENCE, orderflow_store::drain(&self.pool)).await });
    }
}
