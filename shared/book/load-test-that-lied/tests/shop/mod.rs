//! A shop that writes down what it is asked for, to see what a tool made of a scenario.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use lab_harness::results::load::LoadReport;
use lab_harness::service::runtime;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// More than any test takes, so that one that is taken twice was given out twice.
const ORDERS: usize = 2_000;
/// Few, so that everyone comes to sign in.
const ACCOUNTS: usize = 3;

#[derive(Debug, Default)]
struct Book {
    answer_to_pay: StatusCode,
    paid: Vec<String>,
    looked_up: Vec<String>,
    signed_in: Vec<Value>,
}

pub struct Shop {
    pub target: String,
    book: Arc<Mutex<Book>>,
    _runtime: Runtime,
}

impl Shop {
    pub fn open() -> Shop {
        Shop::answering(StatusCode::NO_CONTENT)
    }

    /// A shop that answers every payment so; 204 is what the scenario expects.
    pub fn answering(answer_to_pay: StatusCode) -> Shop {
        let book = Arc::new(Mutex::new(Book { answer_to_pay, ..Book::default() }));
        let router = Router::new()
            .route("/load-data", get(async || Json(json!({ "order": orders(), "account": accounts() }))))
            .route("/orders/{order}/pay", post(pay))
            .route("/orders/{order}", get(look_up))
            .route("/sign-in", post(sign_in))
            .with_state(Arc::clone(&book));
        let runtime = runtime(1).expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).expect("a free port");
        let target = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Shop { target, book, _runtime: runtime }
    }

    /// That the tool asked for what the scenario says, and reports what it asked for. How long that took is the machine's mood.
    pub fn check(&self, scenario: &str, report: &LoadReport) {
        let book = self.book.lock().expect("no panic");
        assert!(report.overall.sent > 0 && report.overall.ok == report.overall.sent, "{report:?}");
        let sent: Vec<_> = report.steps.iter().map(|step| (&*step.name, step.sent as usize)).collect();
        assert_eq!(sent.iter().map(|(_, sent)| *sent as u64).sum::<u64>(), report.overall.sent);
        match scenario {
            "pool-exhaustion" => {
                assert_eq!(sent, [("pay", book.paid.len()), ("look", book.looked_up.len())]);
                assert!(book.looked_up.len() < book.paid.len(), "one in five looks: {sent:?}");
                assert!(book.paid.iter().all(|order| orders().contains(order)), "{book:?}");
                assert_eq!(book.paid.iter().collect::<BTreeSet<_>>().len(), book.paid.len(), "one was paid twice");
            }
            "blocked-runtime" => {
                assert_eq!(sent, [("look-up", book.looked_up.len()), ("sign-in", book.signed_in.len())]);
                assert!(!book.signed_in.is_empty() && book.signed_in.len() < book.looked_up.len(), "{sent:?}");
                assert!(book.signed_in.iter().all(|typed| accounts().contains(typed)), "{book:?}");
            }
            unknown => panic!("{unknown} is not known here"),
        }
    }
}

/// With what a path has to escape.
fn orders() -> Vec<String> {
    (0..ORDERS).map(|number| format!("US/{number} é")).collect()
}

fn accounts() -> Vec<Value> {
    (0..ACCOUNTS)
        .map(|n| json!({ "email": format!("{n}@shop.example"), "password": format!("\"{n}\" {{x}}") }))
        .collect()
}

async fn pay(State(book): State<Arc<Mutex<Book>>>, Path(order): Path<String>) -> StatusCode {
    let mut book = book.lock().expect("no panic");
    book.paid.push(order);
    book.answer_to_pay
}

async fn look_up(State(book): State<Arc<Mutex<Book>>>, Path(order): Path<String>) -> String {
    book.lock().expect("no panic").looked_up.push(order.clone());
    order
}

async fn sign_in(State(book): State<Arc<Mutex<Book>>>, Json(typed): Json<Value>) -> StatusCode {
    book.lock().expect("no panic").signed_in.push(typed);
    StatusCode::OK
}
