//! Single calls over a real socket.

use crate::support::{Received, Reply, serve};
use lab_load::{Failure, LoadError, Request, call, call_all};
use std::{net::SocketAddr, sync::Barrier};

#[test]
fn the_answer_comes_back_whatever_its_status() {
    let service = serve(|received: Received| {
        assert!(received.head.starts_with("post /orders http/1.1"));
        assert!(received.head.contains("content-type: application/json"));
        Reply::Answer(409, received.body)
    });
    let response = call(service.address, &Request::post("/orders", r#"{"sku":7}"#)).unwrap();
    assert_eq!((response.status, response.body.as_str()), (409, r#"{"sku":7}"#));
}

#[test]
fn all_are_sent_before_any_is_answered_and_results_keep_their_order() {
    let together = Barrier::new(16);
    let service = serve(move |received| {
        together.wait();
        Reply::Answer(200, received.path)
    });
    let requests = (0..16).map(|n| Request::get(format!("/orders/{n}"))).collect();
    let bodies: Vec<String> =
        call_all(service.address, requests).into_iter().map(|result| result.unwrap().body).collect();
    assert_eq!(bodies, (0..16).map(|n| format!("/orders/{n}")).collect::<Vec<_>>());
}

#[test]
fn no_answer_is_an_error_of_its_own_request_only() {
    let service = serve(|received| if received.path == "/bad" { Reply::HalfBody } else { Reply::ok() });
    let requests = vec![Request::get("/good"), Request::get("/bad"), Request::get("no slash")];
    let results = call_all(service.address, requests);
    assert_eq!(results[0].as_ref().unwrap().status, 200);
    let error = results[1].as_ref().unwrap_err();
    assert!(matches!(error, LoadError::NoAnswer { failure: Failure::Closed, .. }));
    assert!(error.to_string().starts_with("GET /bad to 127.0.0.1:"), "{error}");
    assert!(matches!(results[2], Err(LoadError::InvalidRequest { .. })));
}

#[test]
fn nobody_there_and_somebody_elses_machine() {
    let down = SocketAddr::from(([127, 0, 0, 1], 1));
    assert!(matches!(call(down, &Request::get("/")), Err(LoadError::NoAnswer { failure: Failure::Connect, .. })));
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 80));
    assert!(matches!(call(elsewhere, &Request::get("/")), Err(LoadError::NotLoopback(_))));
    assert!(call_all(down, Vec::new()).is_empty());
}
