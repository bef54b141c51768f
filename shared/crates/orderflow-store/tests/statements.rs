//! The statement counter sees the same on both databases, through the `Any` driver. One test: the counts are the process's.

mod environment;

use environment::was_run_without_postgresqls_variables;
use lab_probe::statements::{StatementCounts, install, take};
use orderflow_store::throwaway::{Throwaway, postgres_programs};
use orderflow_store::{Backend, PoolSettings, Scale, connect, drain, migrate, seed};
use std::sync::atomic::AtomicBool;

#[test]
fn both_databases_send_the_same_statements() {
    if was_run_without_postgresqls_variables("both_databases_send_the_same_statements") {
        return;
    }
    install();
    let sqlite = count_on(Backend::Sqlite);
    // 20 orders, and the customer of each: the shape of lab 04.
    assert_eq!(sqlite, [StatementCounts { statements: 21, rows: 40 }, StatementCounts { statements: 1, rows: 20 }]);
    match postgres_programs() {
        Ok(_) => assert_eq!(count_on(Backend::Postgres), sqlite),
        Err(error) if std::env::var_os("LAB_CI").is_some() => panic!("LAB_CI is set: {error}"),
        Err(error) => eprintln!("skipped on PostgreSQL: {error}"),
    }
}

/// A loop and a join, concurrently with as many connections as the pool likes to open.
fn count_on(backend: Backend) -> [StatementCounts; 2] {
    let database = Throwaway::create(backend, None, &AtomicBool::new(false)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let pool =
            connect(database.url(), &PoolSettings { min_connections: 3, ..PoolSettings::default() }).await.unwrap();
        migrate(&pool).await.unwrap();
        seed(&pool, &Scale { seed: 3, orders: 20, customers: 30, products: 10 }).await.unwrap();
        take();

        let mut transaction = pool.begin().await.unwrap();
        let orders: Vec<(i64, i64)> = sqlx::query_as("SELECT id, customer_id FROM orders ORDER BY id")
            .fetch_all(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        let names = orders.into_iter().map(|(_, customer)| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let name = sqlx::query_as("SELECT name FROM customers WHERE id = $1").bind(customer).fetch_one(&pool);
                let (_,): (String,) = name.await.unwrap();
            })
        });
        for name in names.collect::<Vec<_>>() {
            name.await.unwrap();
        }
        let looped = take();

        let join = "SELECT c.name FROM orders o JOIN customers c ON c.id = o.customer_id";
        let names: Vec<(String,)> = sqlx::query_as(join).fetch_all(&pool).await.unwrap();
        assert_eq!(names.len(), 20);
        drain(&pool).await;
        [looped, take()]
    })
}
