//! The account service over HTTP.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use orderflow::Order;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{Accounts, Credentials, Denied, SignIn, load_data, orders};

/// What all requests share.
struct Shared {
    part: SignIn,
    accounts: Arc<Accounts>,
    orders: HashMap<String, Order>,
    /// What load tools ask for before they start.
    load_data: Value,
}

/// The routes, over the accounts and the orders of a seed. Hashes the seeded passwords, which takes some hundredths of a second.
pub fn routes(part: SignIn, seed: u64) -> Router {
    let orders = orders(seed);
    let shared = Shared {
        part,
        accounts: Arc::new(Accounts::of_seed(seed)),
        load_data: load_data(seed),
        orders: orders.into_iter().map(|order| (order.reference.clone(), order)).collect(),
    };
    Router::new()
        .route("/orders/{reference}", get(get_order))
        .route("/sign-in", post(post_sign_in))
        .route("/accounts/{email}/password-hash", put(put_password_hash))
        .route("/load-data", get(get_load_data))
        .with_state(Arc::new(shared))
}

/// A handler at work on its answer.
pub type Handling = Pin<Box<dyn Future<Output = Response> + Send>>;

/// The same routes with something around each handler, which is told the request's method and path: how it is measured is nothing
/// that the service knows.
pub fn around(
    routes: Router,
    wrap: impl Fn(&str, &str, Handling) -> Handling + Clone + Send + Sync + 'static,
) -> Router {
    routes.layer(from_fn(move |request: Request, next: Next| {
        let (method, path) = (request.method().clone(), request.uri().path().to_string());
        wrap(method.as_str(), &path, Box::pin(next.run(request)))
    }))
}

/// Serves until `stop` completes and what is in flight is answered.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // Small answers must not wait for the acknowledgement of the one before.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

async fn get_order(State(shared): State<Arc<Shared>>, Path(reference): Path<String>) -> Response {
    match shared.orders.get(&reference) {
        Some(order) => Json(order).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn post_sign_in(State(shared): State<Arc<Shared>>, Json(credentials): Json<Credentials>) -> Response {
    match (shared.part.sign_in)(Arc::clone(&shared.accounts), credentials).await {
        Ok(session) => Json(session).into_response(),
        Err(Denied) => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// The back office changes a password; the hash is computed there.
#[derive(Deserialize)]
struct NewHash {
    password_hash: String,
}

async fn put_password_hash(
    State(shared): State<Arc<Shared>>,
    Path(email): Path<String>,
    Json(new): Json<NewHash>,
) -> StatusCode {
    let known = shared.accounts.set_password_hash(&email, new.password_hash);
    if known { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn get_load_data(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.load_data.clone())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use serde_json::json;

    use super::*;
    use crate::{Session, credentials, customer_of};

    /// Lets in whoever types the hash itself, so that a changed hash shows without computing one.
    const TYPES_THE_HASH: SignIn = SignIn {
        sign_in: |accounts, typed| {
            Box::pin(async move {
                let account = accounts.find(&typed.email);
                let opens = account.password_hash == typed.password;
                if opens { Ok(Session { customer: account.customer }) } else { Err(Denied) }
            })
        },
    };

    // The service has a thread of its own: the test's blocks while it waits for an answer.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn every_route_answers_over_a_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve(listener, routes(TYPES_THE_HASH, 7), std::future::pending()));
        let call = |method: &str, path: &str, body: Value| {
            let body = body.to_string();
            let head = "Host: x\r\nConnection: close\r\nContent-Type: application/json";
            let mut connection = TcpStream::connect(address).expect("connected");
            write!(connection, "{method} {path} HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                .expect("sent");
            let mut answer = String::new();
            connection.read_to_string(&mut answer).expect("received");
            let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
            (head.split(' ').nth(1).expect("a status").to_string(), serde_json::from_str(body).unwrap_or(Value::Null))
        };
        let is = |status: &str, body: Value| (status.to_string(), body);

        let (order, email) = (&orders(7)[3], &credentials(7)[4].email);
        assert_eq!(call("GET", &format!("/orders/{}", order.reference), Value::Null), is("200", json!(order)));
        assert_eq!(call("GET", "/orders/XX-00000", Value::Null), is("404", Value::Null));

        let typed = json!({ "email": email, "password": "a hash" });
        let new = json!({ "password_hash": "a hash" });
        assert_eq!(call("POST", "/sign-in", typed.clone()), is("401", Value::Null));
        assert_eq!(call("PUT", "/accounts/nobody@example.com/password-hash", new.clone()), is("404", Value::Null));
        assert_eq!(call("PUT", &format!("/accounts/{email}/password-hash"), new), is("204", Value::Null));
        assert_eq!(call("POST", "/sign-in", typed), is("200", json!({ "customer": customer_of(email) })));

        let (_, load_data) = call("GET", "/load-data", Value::Null);
        assert_eq!(load_data["account"], json!(credentials(7)));
        assert_eq!(load_data["order"][3], json!(order.reference));
    }
}
