//! The shop over a socket, on a database of its own.

mod surroundings;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use orderflow_payments::Gateway;
use orderflow_shop::orders::{CANCELLED, PAID, PENDING};
use orderflow_shop::{Checkout, Gauges, POOL, Refusal, Storefront, audit, orders};
use orderflow_store::throwaway::Throwaway;
use orderflow_store::{Backend, PoolSettings, Scale, connect, migrate, seed};
use sqlx::AnyPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

const LONG: Duration = Duration::from_secs(30);

/// Refuses by the order's reference.
const BY_NAME: Checkout = Checkout {
    pay: |_, _, reference| {
        Box::pin(async move {
            match reference {
                "unknown" => Err(Refusal::UnknownOrder),
                "shipped" => Err(Refusal::NotPending),
                "declined" => Err(Refusal::Declined),
                "lost" => Err(Refusal::GatewayLost("timeout".into())),
                "late" => Err(sqlx::Error::PoolTimedOut.into()),
                "full" => Err(sqlx::Error::Io(std::io::ErrorKind::StorageFull.into()).into()),
                "broken" => Err(sqlx::Error::RowNotFound.into()),
                "slow" => std::future::pending().await,
                _ => Ok(()),
            }
        })
    },
    cancel: |_, _| Box::pin(async { Ok(()) }),
};

/// A migrated database with three orders, the first of which is pending, and its pool.
fn stocked(runtime: &Runtime) -> (Throwaway, AnyPool, Vec<orderflow::Order>) {
    let database = Throwaway::create(Backend::Sqlite, None, &AtomicBool::new(false)).unwrap();
    let (pool, orders) = runtime.block_on(async {
        let pool = connect(database.url(), &PoolSettings::default()).await.unwrap();
        migrate(&pool).await.unwrap();
        let orders = seed(&pool, &Scale { seed: 7, orders: 3, customers: 20, products: 10 }).await.unwrap();
        let statuses = "UPDATE orders SET status = CASE WHEN id = 1 THEN 'pending' ELSE 'shipped' END";
        sqlx::query(statuses).execute(&pool).await.unwrap();
        (pool, orders)
    });
    (database, pool, orders)
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A shop that serves, and where.
async fn open(database: &Throwaway) -> (Storefront, SocketAddr) {
    let nobody = Gateway::at((Ipv4Addr::LOCALHOST, 1).into());
    let shop = Storefront::open(BY_NAME, database.url(), &POOL, nobody).await.unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = shop.clone();
    tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
    (shop, address)
}

async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{request} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Status and body of an answer.
async fn ask(address: SocketAddr, request: &str) -> (u16, String) {
    let (mut stream, mut answer) = (send(address, request).await, String::new());
    timeout(LONG, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.into())
}

#[test]
fn every_refusal_has_a_status_of_its_own_and_says_why() {
    let runtime = runtime();
    let (database, _pool, orders) = stocked(&runtime);
    runtime.block_on(async {
        let (_shop, address) = open(&database).await;
        for (reference, status, words) in [
            ("served", 204, ""),
            ("unknown", 404, r#"{"error":"there is no such order"}"#),
            ("shipped", 409, r#"{"error":"the order is not pending"}"#),
            ("declined", 402, r#"{"error":"the card was declined"}"#),
            ("lost", 502, r#"{"error":"the payment gateway gave no answer: timeout"}"#),
            ("late", 503, "pool timed out"),
            ("full", 507, "TMPDIR"),
            ("broken", 500, "no rows"),
        ] {
            let (got, body) = ask(address, &format!("POST /orders/{reference}/pay")).await;
            assert!(got == status && body.contains(words) && body.is_empty() == words.is_empty(), "{got} {body}");
        }
        assert_eq!(ask(address, "POST /orders/served/cancel").await, (204, String::new()));
        let total = orders[0].total().0;
        let page = ask(address, &format!("GET /orders/{}", orders[0].reference)).await;
        assert_eq!(page, (200, format!(r#"{{"status":"pending","total_cents":{total}}}"#)));
        assert_eq!(ask(address, "GET /orders/XX-1").await.0, 404);
        let data = ask(address, "GET /load-data").await;
        assert_eq!(data, (200, format!(r#"{{"order":["{}"]}}"#, orders[0].reference)));
    });
}

#[test]
fn a_request_is_in_flight_until_it_is_answered_or_its_customer_is_gone() {
    let runtime = runtime();
    let (database, ..) = stocked(&runtime);
    runtime.block_on(async {
        let (shop, address) = open(&database).await;
        let reaches = async |requests_in_flight| {
            while shop.gauges().requests_in_flight != requests_in_flight {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let (one, two) = (send(address, "POST /orders/slow/pay").await, send(address, "POST /orders/slow/pay").await);
        timeout(LONG, reaches(2)).await.expect("both are counted");
        drop(one);
        timeout(LONG, reaches(1)).await.expect("whoever is gone is not");
        drop(two);
        timeout(LONG, reaches(0)).await.expect("nobody is left");
        let Gauges { gateway_calls_under_way, .. } = shop.gauges();
        assert_eq!(gateway_calls_under_way, 0);
    });
}

#[test]
fn an_order_changes_once_and_what_was_done_is_in_the_audit_log() {
    let runtime = runtime();
    let (_database, pool, stored) = stocked(&runtime);
    runtime.block_on(async {
        let order = orders::find(&pool, &stored[0].reference).await.unwrap();
        assert_eq!((order.status.as_str(), order.total), (PENDING, stored[0].total()));
        assert!(matches!(orders::find(&pool, "XX-1").await, Err(Refusal::UnknownOrder)));
        let mut transaction = orders::begin(&pool).await.unwrap();
        orders::change(&mut *transaction, order.id, PENDING, PAID).await.unwrap();
        transaction.rollback().await.unwrap();
        orders::change(&pool, order.id, PENDING, CANCELLED).await.unwrap();
        let late = orders::change(&pool, order.id, PENDING, PAID).await;
        assert!(matches!(late, Err(Refusal::NotPending)));
        audit::record(&pool, order.id, "cancelled").await.unwrap();
        let log: Vec<(i64, String)> =
            sqlx::query_as("SELECT order_id, action FROM audit_log").fetch_all(&pool).await.unwrap();
        assert_eq!(log, [(order.id, "cancelled".into())]);
        assert_eq!(orders::find(&pool, &stored[0].reference).await.unwrap().status, CANCELLED);
    });
}
