//! A database of our own, and the runtime that talks to it.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lab_probe::statements::{self, StatementCounts};
use orderflow_store::{Backend, PoolSettings};
use sqlx::AnyPool;
use tokio::runtime::{Builder, Runtime};

use super::{Function, Store};
use crate::database::{Lease, lease};
use crate::program::Run;
use crate::trouble::{MachineTrouble, of_the_database};

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

fn wall_time() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGAN.elapsed()
}

impl Drop for Opened {
    fn drop(&mut self) {
        // A connection that stays open is the janitor's business.
        let _ =
            self.runtime.block_on(async { tokio::time::timeout(PATIENCE, orderflow_store::drain(&self.pool)).await });
    }
}
