//! The account service over HTTP: customers sign in, and look their orders up.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use lab_harness::probe::polls::PollTimes;
use lab_harness::results::{Column, Record, Table};
use lab_harness::service::{self, Watch};
use lab_harness::{Run, emit};
use orderflow::{Order, Shop};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::credentials;
use super::{Accounts, CORES, Credentials, POLL_MS, SignIn};

/// How many orders can be looked up.
const ORDERS: usize = 1_000;

/// What all requests share.
struct Shared {
    sign_in: SignIn,
    accounts: Arc<Accounts>,
    orders: HashMap<String, Order>,
    /// What load tools ask for before they start.
    load_data: Value,
    polls: [(&'static str, PollTimes); 2],
}

/// The orders of a seed.
pub(super) fn orders(seed: u64) -> Vec<Order> {
    Shop::new(seed).orders(ORDERS)
}

/// Serves until told to stop; then, when asked, says how long each route's handlers kept their thread.
pub(super) fn serve(sign_in: SignIn, run: &Run) -> Result<()> {
    let orders = orders(run.seed);
    let references: Vec<&str> = orders.iter().map(|order| order.reference.as_str()).collect();
    let shared = Arc::new(Shared {
        sign_in,
        accounts: Arc::new(Accounts::of_seed(run.seed)),
        load_data: json!({ "order": references, "account": credentials(run.seed) }),
        orders: orders.into_iter().map(|order| (order.reference.clone(), order)).collect(),
        polls: [("GET /orders/{reference}", PollTimes::new()), ("POST /sign-in", PollTimes::new())],
    });
    let router = Router::new()
        .route("/orders/{reference}", get(get_order))
        .route("/sign-in", post(post_sign_in))
        .route("/accounts/{email}/password-hash", put(put_password_hash))
        .route("/load-data", get(get_load_data))
        .with_state(Arc::clone(&shared));
    service::serve_on(CORES, run, async |door| {
        let (listener, stop) = door.open()?;
        // Small answers must not wait for the acknowledgement of the one before.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        Ok(axum::serve(listener, router).with_graceful_shutdown(stop.requested()).await?)
    })?;
    if Watch::asked()? == Watch::Polls {
        emit(&Record::Table(poll_table(&shared.polls)));
    }
    Ok(())
}

async fn get_load_data(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.load_data.clone())
}

async fn get_order(State(shared): State<Arc<Shared>>, Path(reference): Path<String>) -> Response {
    let order = async {
        match shared.orders.get(&reference) {
            Some(order) => Json(order).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    };
    shared.polls[0].1.time(order).await
}

async fn post_sign_in(State(shared): State<Arc<Shared>>, Json(credentials): Json<Credentials>) -> Response {
    let signing_in = (shared.sign_in)(Arc::clone(&shared.accounts), credentials);
    match shared.polls[1].1.time(signing_in).await {
        Ok(session) => Json(session).into_response(),
        Err(super::Denied) => StatusCode::UNAUTHORIZED.into_response(),
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

fn poll_table(routes: &[(&str, PollTimes)]) -> Table {
    let ms = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
    let rows = routes.iter().map(|(route, polls)| {
        vec![(*route).into(), polls.polls().into(), ms(polls.busy()).into(), ms(polls.longest()).into()]
    });
    Table {
        title: "CPU time: how long handlers kept their thread, by route".into(),
        columns: vec![
            Column::new("route", ""),
            Column::new("polls", ""),
            Column::new("busy", "ms"),
            Column::new("longest poll", "ms").at_most(POLL_MS),
        ],
        rows: rows.collect(),
        plot: None,
    }
}
