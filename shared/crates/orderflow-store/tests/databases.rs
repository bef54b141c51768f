//! The store on both databases, real ones: SQLite always, PostgreSQL where its programs are installed (in CI they must be).

mod environment;

use environment::was_run_without_postgresqls_variables;
use orderflow_store::throwaway::{Throwaway, postgres_programs};
use orderflow_store::{
    Backend, PoolSettings, Scale, StoreError, begin, connect, connections_in_use, disk_trouble, drain, migrate,
    placeholders, refused_upgrade, seed,
};
use sqlx::AnyPool;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const SCALE: Scale = Scale { seed: 7, orders: 60, customers: 50, products: 40 };
/// What a query needs of a connection in these tests; nobody should ever wait this long.
const SETTINGS: PoolSettings =
    PoolSettings { max_connections: 4, min_connections: 0, acquire_timeout: Duration::from_secs(20) };

#[test]
fn sqlite_holds_the_shop() {
    everything_holds_on(&Throwaway::create(Backend::Sqlite, None, &AtomicBool::new(false)).unwrap());
}

#[test]
fn sqlite_is_set_up_as_a_service_would() {
    let database = Throwaway::create(Backend::Sqlite, None, &AtomicBool::new(false)).unwrap();
    on_runtime(async {
        let pool = connect(database.url(), &SETTINGS).await.unwrap();
        let journal: (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(&pool).await.unwrap();
        let synchronous: (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(&pool).await.unwrap();
        let busy_timeout: (i64,) = sqlx::query_as("PRAGMA busy_timeout").fetch_one(&pool).await.unwrap();
        assert_eq!((journal.0.as_str(), synchronous.0, busy_timeout.0), ("wal", 1, 5000));
        drain(&pool).await;
    });
}

#[test]
fn a_file_that_cannot_be_opened_has_no_server_to_ask_for() {
    let missing = on_runtime(connect("sqlite:///there-is-no-such-folder/shop.db?mode=rwc", &SETTINGS)).unwrap_err();
    assert!(matches!(missing, StoreError::NotOpened { .. }) && !missing.is_disk_trouble(), "{missing}");
    assert!(!missing.to_string().contains("server"), "{missing}");
}

/// SQLite refuses to grow a file beyond its limit with the error that it has for a full disk.
#[test]
fn a_full_disk_is_told_from_what_a_statement_asked_for() {
    let database = Throwaway::create(Backend::Sqlite, None, &AtomicBool::new(false)).unwrap();
    on_runtime(async {
        let one = PoolSettings { max_connections: 1, ..SETTINGS };
        let pool = connect(database.url(), &one).await.unwrap();
        migrate(&pool).await.unwrap();
        sqlx::raw_sql("PRAGMA max_page_count = 20").execute(&pool).await.unwrap();
        let full = seed(&pool, &SCALE).await.unwrap_err();
        assert!(full.is_disk_trouble() && full.to_string().contains("TMPDIR"), "{full}");
        let wrong = sqlx::query("SELECT nothing FROM nowhere").execute(&pool).await.unwrap_err();
        assert_eq!(disk_trouble(&wrong), None);
        drain(&pool).await;
    });
}

/// Two that read and then write, in the order that SQLite cannot serve. [`begin`] has the second one wait for its turn instead.
#[test]
fn a_transaction_that_reads_first_is_refused_or_begun_as_one_that_writes() {
    let database = Throwaway::create(Backend::Sqlite, None, &AtomicBool::new(false)).unwrap();
    on_runtime(async {
        let pool = connect(database.url(), &SETTINGS).await.unwrap();
        sqlx::raw_sql("CREATE TABLE stock (sku INTEGER PRIMARY KEY, left_over BIGINT NOT NULL)")
            .execute(&pool)
            .await
            .unwrap();
        sqlx::raw_sql("INSERT INTO stock VALUES (1, 100)").execute(&pool).await.unwrap();

        let mut late = pool.begin().await.unwrap();
        let left = "SELECT left_over FROM stock WHERE sku = 1";
        let take = "UPDATE stock SET left_over = left_over - 1 WHERE sku = 1";
        let _: (i64,) = sqlx::query_as(left).fetch_one(&mut *late).await.unwrap();
        sqlx::query(take).execute(&pool).await.unwrap();
        let refused = sqlx::query(take).execute(&mut *late).await.unwrap_err();
        assert!(refused_upgrade(&refused).is_some_and(|why| why.contains("BEGIN IMMEDIATE")), "{refused}");
        assert_eq!((disk_trouble(&refused), refused_upgrade(&sqlx::Error::PoolTimedOut)), (None, None));
        late.rollback().await.unwrap();

        let takers = (0..8).map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let mut transaction = begin(&pool).await?;
                let _: (i64,) = sqlx::query_as(left).fetch_one(&mut *transaction).await?;
                sqlx::query(take).execute(&mut *transaction).await?;
                transaction.commit().await
            })
        });
        for taker in takers.collect::<Vec<_>>() {
            taker.await.unwrap().unwrap();
        }
        let (left_over,): (i64,) = sqlx::query_as(left).fetch_one(&pool).await.unwrap();
        assert_eq!(left_over, 91);
        drain(&pool).await;
    });
}

/// One server for all that needs one: it takes a second to make.
#[test]
fn postgres_holds_the_shop() {
    if !postgres_is_installed() || was_run_without_postgresqls_variables("postgres_holds_the_shop") {
        return;
    }
    let never = AtomicBool::new(false);
    let server = Throwaway::create(Backend::Postgres, None, &never).unwrap();
    everything_holds_on(&server);

    let before = databases(server.url());
    let scratch = Throwaway::create(Backend::Postgres, Some(server.url()), &never).unwrap();
    everything_holds_on(&scratch);
    let during = databases(server.url());
    assert_eq!(during.len(), before.len() + 1, "{during:?}");
    scratch.remove().unwrap();
    assert_eq!(databases(server.url()), before);

    let url = server.url().to_owned();
    server.remove().unwrap();
    let gone = Throwaway::create(Backend::Postgres, Some(&url), &never).unwrap_err();
    assert!(matches!(gone, StoreError::NoAnswer { .. }), "{gone}");
}

#[test]
fn postgres_stops_when_told_to_before_it_is_ready() {
    if !postgres_is_installed()
        || was_run_without_postgresqls_variables("postgres_stops_when_told_to_before_it_is_ready")
    {
        return;
    }
    let stopped = Throwaway::create(Backend::Postgres, None, &AtomicBool::new(true)).unwrap_err();
    assert!(matches!(stopped, StoreError::Stopped), "{stopped}");
}

#[test]
fn a_url_that_cannot_work_is_answered_with_what_to_do() {
    for (url, what) in [
        ("mysql://me:secret@host/shop", "postgres://"),
        ("sqlite:///tmp/shop.db", "DB=postgres"),
        ("postgres://me:secret@127.0.0.1:1/shop", "Is the server running"),
        ("postgres://me:secret@host:port/shop", "invalid port"),
    ] {
        let message = Throwaway::create(Backend::Postgres, Some(url), &AtomicBool::new(false)).unwrap_err().to_string();
        assert!(message.contains(what) && !message.contains("secret"), "{message}");
    }
}

fn postgres_is_installed() -> bool {
    match postgres_programs() {
        Ok(_) => true,
        Err(error) if std::env::var_os("LAB_CI").is_some() => panic!("LAB_CI is set: {error}"),
        Err(error) => {
            eprintln!("skipped: {error}");
            false
        }
    }
}

fn on_runtime<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn databases(url: &str) -> Vec<String> {
    on_runtime(async {
        let pool = connect(url, &SETTINGS).await.unwrap();
        // Any knows no type `name`.
        let names: Vec<(String,)> =
            sqlx::query_as("SELECT datname::text FROM pg_database ORDER BY 1").fetch_all(&pool).await.unwrap();
        drain(&pool).await;
        names.into_iter().map(|(name,)| name).collect()
    })
}

fn everything_holds_on(database: &Throwaway) {
    on_runtime(async {
        let pool = connect(database.url(), &SETTINGS).await.unwrap();
        migrate(&pool).await.unwrap();
        migrate(&pool).await.unwrap();
        what_is_seeded_is_what_the_domain_says(&pool).await;
        one_query_text_serves_both(&pool).await;
        the_audit_log_numbers_its_rows(&pool).await;
        connections_are_counted(&pool).await;
        drain(&pool).await;
        a_full_pool_says_so(database.url()).await;
    });
}

async fn what_is_seeded_is_what_the_domain_says(pool: &AnyPool) {
    let orders = seed(pool, &SCALE).await.unwrap();
    assert_eq!(orders, SCALE.stored_orders());
    for (table, count) in [("customers", 50), ("products", 40), ("orders", 60)] {
        let stored: (i64,) =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"))).fetch_one(pool).await.unwrap();
        assert_eq!(stored.0, count, "{table}");
    }
    type Line = (i64, i64, i64, String, String, i64, i64);
    let stored: Vec<Line> = sqlx::query_as(
        "SELECT l.order_id, l.line_no, l.product_id, p.sku, p.name, l.quantity, l.unit_price_cents
         FROM order_lines l JOIN products p ON p.id = l.product_id ORDER BY l.order_id, l.line_no",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let expected: Vec<Line> = (1..)
        .zip(&orders)
        .flat_map(|(id, order)| {
            (1..).zip(&order.lines).map(move |(line_no, line)| {
                (
                    id,
                    line_no,
                    line.product.into(),
                    line.sku.clone(),
                    line.name.clone(),
                    line.quantity.into(),
                    line.unit_price.0,
                )
            })
        })
        .collect();
    assert_eq!(stored, expected);

    let again = seed(pool, &SCALE).await.unwrap_err();
    assert!(matches!(again, StoreError::Statement { .. }), "{again}");
}

/// What lab 04's repository needs: placeholders, limits, lists, sums, text in other scripts, nothing found.
async fn one_query_text_serves_both(pool: &AnyPool) {
    let orders = SCALE.stored_orders();
    let newest: Vec<(i64, String, i64)> =
        sqlx::query_as("SELECT id, reference, placed_at FROM orders ORDER BY placed_at DESC, id DESC LIMIT $1")
            .bind(3_i64)
            .fetch_all(pool)
            .await
            .unwrap();
    let expected: Vec<(i64, String, i64)> = (58..=60_i64)
        .zip(&orders[57..])
        .map(|(id, order)| (id, order.reference.clone(), order.placed_at as i64))
        .collect();
    assert!(newest.iter().eq(expected.iter().rev()), "{newest:?}");

    let list =
        sqlx::AssertSqlSafe(format!("SELECT id, name FROM customers WHERE id IN ({}) ORDER BY id", placeholders(1, 2)));
    let named: Vec<(i64, String)> = sqlx::query_as(list).bind(6_i64).bind(7_i64).fetch_all(pool).await.unwrap();
    assert_eq!(named, [6, 7].map(|id| (i64::from(id), orderflow::customer(id).name)));

    let total: (i64,) =
        sqlx::query_as("SELECT CAST(SUM(quantity * unit_price_cents) AS BIGINT) FROM order_lines WHERE order_id = $1")
            .bind(1_i64)
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(total.0, orders[0].total().0);

    let nobody: Option<(String,)> =
        sqlx::query_as("SELECT name FROM customers WHERE id = $1").bind(51_i64).fetch_optional(pool).await.unwrap();
    assert_eq!(nobody, None);
}

async fn the_audit_log_numbers_its_rows(pool: &AnyPool) {
    let insert = "INSERT INTO audit_log (order_id, action, at) VALUES ($1, $2, $3) RETURNING id";
    let mut ids = Vec::new();
    for action in ["charged", "shipped"] {
        let id: (i64,) =
            sqlx::query_as(insert).bind(1_i64).bind(action).bind(1_760_000_000_i64).fetch_one(pool).await.unwrap();
        ids.push(id.0);
    }
    assert_eq!(ids, [1, 2]);
    let stray = sqlx::query(insert).bind(61_i64).bind("charged").bind(0_i64).execute(pool).await.unwrap_err();
    assert!(stray.as_database_error().is_some_and(|error| error.is_foreign_key_violation()), "{stray}");
}

async fn connections_are_counted(pool: &AnyPool) {
    // What the statements before this borrowed comes back in tasks of its own.
    in_use(pool, 0).await;
    let first = pool.acquire().await.unwrap();
    let second = pool.acquire().await.unwrap();
    assert_eq!(connections_in_use(pool), 2);
    drop(first);
    second.close().await.unwrap();
    in_use(pool, 0).await;
}

/// Waits for the gauge, for ever if it never reads so.
async fn in_use(pool: &AnyPool, connections: u32) {
    while connections_in_use(pool) != connections {
        tokio::task::yield_now().await;
    }
}

async fn a_full_pool_says_so(url: &str) {
    let settings = PoolSettings { max_connections: 1, acquire_timeout: Duration::from_millis(50), ..SETTINGS };
    // However long the first connection takes.
    let pool = connect(url, &settings).await.unwrap();
    let held = pool.acquire().await;
    let full = pool.acquire().await;
    assert!(matches!(full, Err(sqlx::Error::PoolTimedOut)), "{full:?}");
    drop(held);
    drain(&pool).await;
}
