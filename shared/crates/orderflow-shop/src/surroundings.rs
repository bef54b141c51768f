//! What the shop stands between: a database with orders that wait to be paid, and a payment gateway.

use std::collections::HashMap;
use std::time::Duration;

use orderflow::Order;
use orderflow_payments::{Answering, Provider};
use orderflow_store::{PoolSettings, Scale, StoreError, connect, migrate, seed};
use sqlx::{AnyPool, AssertSqlSafe};
use tokio::runtime::{Builder, Runtime};

use crate::OrderState;

/// How long our own statements wait for a connection. Nobody else wants one, but the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// The surroundings of one shop, on a runtime of their own.
#[derive(Debug)]
pub struct Surroundings {
    /// For looking at what the shop has saved. The shop's own pool is another one.
    pub pool: AnyPool,
    /// The payment gateway's own side.
    pub provider: Provider,
    /// Seeded orders, all of them pending at first. The first one has id 1.
    pub orders: Vec<Order>,
    /// Where the gateway, and our own statements, run.
    pub runtime: Runtime,
    /// Where the database is.
    pub url: String,
}

impl Surroundings {
    /// On the database at this URL, which is empty and outlives this value.
    ///
    /// # Errors
    /// The database or the system fails.
    pub fn on(url: &str, scale: &Scale, answering: Answering) -> Result<Surroundings, StoreError> {
        let io = |doing: &str| {
            let doing = doing.to_string();
            |source| StoreError::Io { doing, source }
        };
        let runtime =
            Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(io("start a runtime"))?;
        let settings = PoolSettings { max_connections: 2, min_connections: 0, acquire_timeout: PATIENCE };
        let (pool, orders) = runtime.block_on(async {
            let pool = connect(url, &settings).await?;
            migrate(&pool).await?;
            let orders = seed(&pool, scale).await?;
            Ok::<_, StoreError>((pool, orders))
        })?;
        let provider = Provider::open(runtime.handle(), answering).map_err(io("open a payment gateway"))?;
        let surroundings = Surroundings { pool, provider, orders, runtime, url: url.into() };
        surroundings.make_pending()?;
        Ok(surroundings)
    }

    /// Nobody has paid any order, nor cancelled one, and nothing is known of those who did.
    ///
    /// # Errors
    /// The database fails.
    pub fn make_pending(&self) -> Result<(), StoreError> {
        self.provider.close_the_books();
        self.execute("UPDATE orders SET status = 'pending'; DELETE FROM audit_log")
    }

    /// Runs statements, such as those in [`crate::obstacles`].
    ///
    /// # Errors
    /// The database fails.
    pub fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.run(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool)).map(drop)
    }

    /// What is known of the orders with these references.
    ///
    /// # Errors
    /// The database fails.
    pub fn states(&self, references: &[String]) -> Result<Vec<OrderState>, StoreError> {
        self.states_at(references, &self.provider)
    }

    /// The same, where another gateway was asked.
    ///
    /// # Errors
    /// The database fails.
    pub fn states_at(&self, references: &[String], provider: &Provider) -> Result<Vec<OrderState>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT o.reference, o.status, COALESCE(a.action, '') FROM orders o LEFT JOIN audit_log a ON a.order_id = o.id
             ORDER BY o.id, a.id",
        );
        let rows: Vec<(String, String, String)> = self.run(rows.fetch_all(&self.pool))?;
        let mut saved: HashMap<String, (String, Vec<String>)> = HashMap::new();
        for (reference, status, action) in rows {
            let (_, audit) = saved.entry(reference).or_insert((status, Vec::new()));
            audit.extend(Some(action).filter(|action| !action.is_empty()));
        }
        let charged = provider.charged();
        let state = |reference: &String| {
            let unknown = || ("not in the database".into(), Vec::new());
            let (status, audit) = saved.get(reference).cloned().unwrap_or_else(unknown);
            let charged = charged.get(reference).cloned().unwrap_or_default();
            OrderState { reference: reference.clone(), status, audit, charged }
        };
        Ok(references.iter().map(state).collect())
    }

    /// Payments that are saved, that are in the audit log, and that were charged.
    ///
    /// # Errors
    /// The database fails.
    pub fn payments(&self) -> Result<[u64; 3], StoreError> {
        let counts = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM orders WHERE status = 'paid'), (SELECT COUNT(*) FROM audit_log WHERE action = 'paid')",
        );
        let (paid, recorded): (i64, i64) = self.run(counts.fetch_one(&self.pool))?;
        let charged: usize = self.provider.charged().values().map(Vec::len).sum();
        Ok([paid as u64, recorded as u64, charged as u64])
    }

    fn run<T>(&self, statements: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
        let doing = "look at what the shop has saved";
        self.runtime.block_on(statements).map_err(|source| StoreError::Statement { doing, source })
    }
}
