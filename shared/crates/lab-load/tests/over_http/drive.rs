//! The driver against real services on real sockets. Latencies are only ever bounded from below: a slow machine makes
//! them longer, and no test fail.

use crate::runs::{assert_adds_up, at_once, at_rate, drive, ms, quotes, to};
use crate::support::{Received, Reply, Service, serve};
use lab_load::{EachRequest, Failure, LoadError, Request, Run, StepReport};
use lab_results::load::{LoadReport, Model};
use std::{
    net::SocketAddr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::sleep,
    time::Instant,
};

/// HdrHistogram keeps three digits; what is measured as 150 ms may be stored as 149.9.
const DIGITS: f64 = 0.999;

fn only_failure(step: &StepReport) -> Option<(Failure, u64)> {
    assert!(step.failed.len() <= 1, "{:?}", step.failed);
    step.failed.iter().next().map(|(failure, count)| (*failure, *count))
}

#[test]
fn counts_add_up_by_step() {
    let service = serve(|received: Received| match received.path.as_str() {
        "/login" => Reply::Answer(503, "busy".to_owned()),
        "/missing" => Reply::Answer(404, String::new()),
        _ => Reply::ok(),
    });
    let report = to(service.address)
        .open(at_rate(500.0, ms(100)), quotes())
        .open(at_rate(200.0, ms(100)), EachRequest::new("login", |_| Request::post("/login", "{}")))
        .open(at_once(5), EachRequest::new("missing", |_| Request::get("/missing").expecting(404)))
        .drive()
        .unwrap();

    assert_adds_up(&report, 75);
    assert_eq!((report.steps[0].ok, report.steps[2].ok, report.overall.ok), (50, 5, 55));
    let login = report.step("login").unwrap();
    assert_eq!((login.ok, only_failure(login)), (0, Some((Failure::Status(503), 20))));
    assert_eq!(login.failed_share(), 1.0);
    assert!(report.elapsed >= ms(95) && report.throughput_per_s() > 0.0);

    // The JSON is what the next program reads.
    let json = serde_json::to_string(&report.document("http://127.0.0.1:1", "shop")).unwrap();
    let document: LoadReport = serde_json::from_str(&json).unwrap();
    assert_eq!((document.model, document.steps[1].failed["503"]), (Model::Open, 20));
    assert_eq!(document.overall.response.unwrap().count, 75);
    assert!(document.generator.unwrap().cpu_us_per_request > 0.0);
}

#[test]
fn a_stall_is_charged_to_everyone_who_meant_to_arrive_in_it() {
    // With as many connections as it takes, and with two, as a closed model with two users has them: the same customers
    // wait equally long, for the service or for a place.
    for max_in_flight in [1024, 2] {
        let service = stalling_service();
        let report = drive(to(service.address).max_in_flight(max_in_flight), at_rate(100.0, ms(200)));
        assert_adds_up(&report, 20);
        assert_eq!(report.overall.ok, 20);
        // The arrival at k x 10 ms waits at least until 200 ms.
        let response = &report.overall.response;
        assert!(response.max_ms() >= Some(200.0 * DIGITS), "{:?}", response.max_ms());
        assert!(response.percentile_ms(0.5) >= Some(100.0 * DIGITS), "{:?}", response.percentile_ms(0.5));
        assert!(response.percentile_ms(0.0) >= Some(10.0 * DIGITS), "{:?}", response.percentile_ms(0.0));
    }
}

/// Answers nobody in the 200 ms that begin with its first request.
fn stalling_service() -> Service {
    let first = OnceLock::new();
    serve(move |_| {
        sleep(ms(200).saturating_sub(first.get_or_init(Instant::now).elapsed()));
        Reply::ok()
    })
}

#[test]
fn waiting_for_a_place_is_charged_and_a_place_is_a_connection() {
    let (first, in_flight) = (AtomicBool::new(true), AtomicUsize::new(0));
    let service = serve(move |_| {
        assert_eq!(in_flight.fetch_add(1, Ordering::SeqCst), 0, "only one place");
        if first.swap(false, Ordering::SeqCst) {
            sleep(ms(150));
        }
        in_flight.fetch_sub(1, Ordering::SeqCst);
        Reply::ok()
    });
    let report = drive(to(service.address).max_in_flight(1), at_once(10));
    assert_adds_up(&report, 10);
    assert_eq!((report.overall.ok, service.accepted()), (10, 1));
    // All ten waited for the first one's 150 ms, though only one was with the service meanwhile.
    assert!(report.overall.response.percentile_ms(0.0) >= Some(150.0 * DIGITS));
}

#[test]
fn a_target_that_is_down_is_a_finding() {
    // Nothing listens on port 1.
    let report = drive(to(SocketAddr::from(([127, 0, 0, 1], 1))), at_once(10));
    assert_adds_up(&report, 10);
    assert_eq!(only_failure(&report.overall), Some((Failure::Connect, 10)));
    assert_eq!(report.throughput_per_s(), 0.0);
}

#[test]
fn an_answer_cut_short_or_not_http_is_a_failure() {
    for (reply, failure) in [
        (|| Reply::Hangup, Failure::Closed),
        (|| Reply::HalfHead, Failure::Closed),
        (|| Reply::HalfBody, Failure::Closed),
        (|| Reply::Garbage, Failure::Malformed),
    ] as [(fn() -> Reply, Failure); 4]
    {
        let service = serve(move |_| reply());
        let report = drive(to(service.address), at_once(5));
        assert_adds_up(&report, 5);
        assert_eq!(only_failure(&report.overall), Some((failure, 5)));
    }
}

#[test]
fn a_service_that_closes_its_connections_politely_fails_nobody() {
    let service = serve(|_| Reply::AnswerAndClose(201));
    let report = drive(to(service.address).max_in_flight(2), at_once(10));
    assert_adds_up(&report, 10);
    assert_eq!((report.overall.ok, service.accepted()), (10, 10));
}

#[test]
fn a_service_that_vanishes_after_its_answers_fails_no_get() {
    // Whether a request meets a connection that is closing at that moment is luck; that it is answered in the end is not.
    let service = serve(|_| Reply::AnswerAndVanish(200));
    let report = drive(to(service.address).max_in_flight(1), at_once(20));
    assert_adds_up(&report, 20);
    assert_eq!((report.overall.ok, service.accepted()), (20, 20));
    assert!(report.overall.resent < 20);
}

/// Ten requests, one after the other, to a service that answers the first one on a connection and does this at the second, and closes.
fn at_every_second(reply: fn() -> Reply, request: fn() -> Request) -> StepReport {
    let asked = AtomicUsize::new(0);
    let service = serve(move |_| match asked.fetch_add(1, Ordering::SeqCst) % 2 {
        0 => Reply::ok(),
        _ => reply(),
    });
    let step = EachRequest::new("step", move |_| request());
    let report = to(service.address).max_in_flight(1).open(at_once(10), step).drive().unwrap();
    assert_adds_up(&report, 10);
    report.overall
}

#[test]
fn a_get_goes_out_once_more_where_a_kept_connection_closes_and_a_post_never_does() {
    let got = at_every_second(|| Reply::Hangup, || Request::get("/a"));
    assert_eq!((got.ok, got.resent, only_failure(&got)), (10, 9, None));
    let posted = at_every_second(|| Reply::Hangup, || Request::post("/a", "{}"));
    assert_eq!((posted.ok, posted.resent, only_failure(&posted)), (5, 0, Some((Failure::Closed, 5))));
}

#[test]
fn an_answer_that_breaks_off_in_its_head_has_failed_on_a_kept_connection_too() {
    let got = at_every_second(|| Reply::HalfHead, || Request::get("/a"));
    assert_eq!((got.ok, got.resent, only_failure(&got)), (5, 0, Some((Failure::Closed, 5))));
}

#[test]
fn what_is_hung_up_on_twice_has_failed() {
    let asked = AtomicUsize::new(0);
    let service = serve(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::ok(),
        _ => Reply::Hangup,
    });
    let report = drive(to(service.address).max_in_flight(1), at_once(10));
    assert_adds_up(&report, 10);
    // Only the second one met a kept connection; the others were refused on new ones, where nothing says that it was not their doing.
    assert_eq!(
        (report.overall.ok, report.overall.resent, only_failure(&report.overall)),
        (1, 1, Some((Failure::Closed, 9)))
    );
}

#[test]
fn a_timeout_fails_the_request_and_counts_at_least_its_time() {
    let service = serve(|_| Reply::Silence);
    let report = drive(to(service.address).timeout(ms(80)).max_in_flight(2), at_once(4));
    assert_adds_up(&report, 4);
    assert_eq!(only_failure(&report.overall), Some((Failure::Timeout, 4)));
    assert!(report.overall.service.percentile_ms(0.0) >= Some(80.0 * DIGITS));
    // Two got a place when the first two had given up.
    assert!(report.overall.response.max_ms() >= Some(160.0 * DIGITS));
}

#[test]
fn what_the_drain_leaves_is_unfinished_or_unsent_and_stands_in_the_response_times() {
    let service = serve(|_| Reply::Silence);
    let report = drive(to(service.address).drain(ms(60)).max_in_flight(3), at_once(5));
    assert_adds_up(&report, 5);
    assert_eq!((report.overall.sent, report.overall.unfinished, report.overall.unsent()), (3, 3, 2));
    assert!(report.overall.response.percentile_ms(0.0) >= Some(60.0 * DIGITS));
}

#[test]
fn a_caller_inside_a_runtime_is_welcome() {
    let service = serve(|_| Reply::ok());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let report = runtime.block_on(async { drive(to(service.address), at_once(3)) });
    assert_eq!(report.overall.ok, 3);
}

#[test]
fn a_run_that_makes_no_sense_is_refused_before_it_starts() {
    let service = serve(|_| Reply::ok());
    let refused = |run: Run| run.drive().unwrap_err();
    assert!(matches!(refused(to(service.address)), LoadError::EmptyPlan));
    assert!(matches!(refused(to(service.address).open(at_once(0), quotes())), LoadError::EmptyPlan));
    let no_users = to(service.address).closed(0, ms(0), ms(9), quotes());
    assert!(matches!(refused(no_users), LoadError::EmptyPlan));
    assert!(matches!(refused(to(service.address).open(at_once(1), quotes()).max_in_flight(0)), LoadError::NoRoom));
    assert_eq!(service.accepted(), 0);
}

#[test]
fn a_request_that_http_cannot_carry_fails_by_that_name() {
    let service = serve(|_| Reply::ok());
    let spaced = EachRequest::new("spaced", |_| Request::get("/a b"));
    let report = to(service.address).open(at_once(2), spaced).drive().unwrap();
    assert_eq!((only_failure(&report.overall), service.accepted()), (Some((Failure::Unsendable, 2)), 0));
}
