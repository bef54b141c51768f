//! The driver against real services on real sockets. Latencies are only ever bounded from below: a slow machine makes
//! them longer, and no test fail.

use crate::support::{Received, Reply, Service, serve};
use lab_load::{
    EachRequest, Failure, LoadError, Mix, Report, Request, Run, Scenario, Schedule, StepReport, Stop, Target, Vu,
};
use lab_results::load::{LoadReport, Model};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

/// HdrHistogram keeps three digits; what is measured as 150 ms may be stored as 149.9.
const DIGITS: f64 = 0.999;

/// Long enough that only a hanging test meets it.
const PATIENCE: Duration = Duration::from_secs(60);

fn to(target: SocketAddr) -> Run {
    Run::new(Target::loopback(target).unwrap()).timeout(PATIENCE).drain(PATIENCE)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn quotes() -> impl Scenario {
    EachRequest::new("quote", |_| Request::get("/quotes/1"))
}

/// `count` requests, all meant to leave at once.
fn at_once(count: usize) -> Schedule {
    at_rate(1.0, ms(1)).in_batches_of(count)
}

fn at_rate(rate_per_s: f64, window: Duration) -> Schedule {
    Schedule::constant(rate_per_s, window).unwrap()
}

fn drive(run: Run, schedule: Schedule) -> Report {
    run.open(schedule, quotes()).drive().unwrap()
}

/// Every request is in the counts once and in the response histogram once, whatever became of it.
fn assert_adds_up(report: &Report, planned: usize) {
    for step in report.steps.iter().chain([&report.overall]) {
        assert_eq!(step.planned, step.sent + step.unsent());
        assert_eq!(step.sent, step.ok + step.failures() + step.unfinished);
        assert_eq!(
            (step.response.count(), step.service.count(), step.lag.count()),
            (step.planned, step.sent, step.planned)
        );
    }
    assert_eq!(report.overall.planned, planned as u64);
    assert_eq!(report.steps.iter().map(|step| step.planned).sum::<u64>(), planned as u64);
}

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

/// Looks and then pays; nobody leaves.
struct Journey;

impl Scenario for Journey {
    fn steps(&self) -> Vec<String> {
        ["look", "pay", "leave"].map(str::to_owned).to_vec()
    }

    async fn run(&self, vu: &mut Vu) {
        let looked = vu.fetch("look", &Request::get("/order")).await.unwrap();
        vu.pause(ms(20)).await;
        let _ = vu.send("pay", &Request::post(format!("/pay/{}", looked.body), "{}")).await;
    }
}

#[test]
fn an_iteration_goes_step_by_step_and_uses_what_it_was_told() {
    let service = serve(|received: Received| match received.path.as_str() {
        "/order" => Reply::Answer(200, "us-7".to_owned()),
        "/pay/us-7" => Reply::Answer(204, String::new()),
        _ => Reply::Answer(404, String::new()),
    });
    let report = to(service.address).open(at_once(3), Journey).drive().unwrap();
    let counts: Vec<_> = report.steps.iter().map(|step| (step.name.as_str(), step.planned, step.ok)).collect();
    assert_eq!(counts, [("look", 3, 3), ("pay", 3, 3), ("leave", 0, 0)]);
    // A step that was never asked has no latency, in words as in figures.
    assert_eq!(report.document("", "").steps[2].response, None);
    // Only arrivals can be late, and thinking is not waiting.
    assert_eq!((report.steps[0].lag.count(), report.steps[1].lag.count()), (3, 0));
    assert!(report.elapsed >= ms(20));
}

#[test]
fn a_mix_takes_each_as_often_as_it_weighs_and_repeats_with_its_seed() {
    let mix = || {
        Mix::new()
            .and(3, EachRequest::new("look", |_| Request::get("/a")))
            .and(1, EachRequest::new("pay", |_| Request::get("/b")))
            .and(0, EachRequest::new("never", |_| Request::get("/c")))
    };
    let service = serve(|_| Reply::ok());
    let looks = |seed| {
        let report = to(service.address).seed(seed).open(at_once(400), mix()).drive().unwrap();
        assert_eq!((report.overall.ok, report.step("never").unwrap().planned), (400, 0));
        report.step("look").unwrap().ok
    };
    let of_seven = looks(7);
    // 300 are expected with a standard deviation of 8.7; four of them are allowed.
    assert!(of_seven.abs_diff(300) < 35, "{of_seven}");
    assert_eq!(of_seven, looks(7));
}

/// Two who come at once, each of whom waits for the other.
struct Couple;

impl Scenario for Couple {
    fn steps(&self) -> Vec<String> {
        vec!["meet".to_owned()]
    }

    async fn run(&self, vu: &mut Vu) {
        let mut other = vu.companion();
        assert_ne!(vu.iteration(), other.iteration());
        let meet = Request::get("/meet");
        let _ = tokio::join!(vu.send("meet", &meet), other.send("meet", &meet));
    }
}

#[test]
fn companions_come_in_the_same_moment() {
    let both = std::sync::Barrier::new(2);
    let service = serve(move |_| {
        both.wait();
        Reply::ok()
    });
    let report = to(service.address).open(at_once(1), Couple).drive().unwrap();
    assert_adds_up(&report, 2);
    assert_eq!((report.overall.ok, service.accepted()), (2, 2));
}

#[test]
fn users_of_a_closed_model_wait_for_their_answer() {
    let in_flight = AtomicUsize::new(0);
    let service = serve(move |_| {
        assert!(in_flight.fetch_add(1, Ordering::SeqCst) < 2, "two users");
        sleep(ms(5));
        in_flight.fetch_sub(1, Ordering::SeqCst);
        Reply::ok()
    });
    let report = to(service.address).closed(2, Duration::ZERO, ms(100), quotes()).drive().unwrap();
    assert!(!report.is_open && report.overall.ok >= 2 && report.overall.failures() == 0);
    // At least 5 ms each: two users cannot have got further.
    assert!(report.overall.ok <= 2 * 21, "{}", report.overall.ok);
    assert_eq!(report.overall.lag.count(), 0);
}

#[test]
fn a_run_that_is_stopped_reports_what_it_has() {
    let stop = Stop::new();
    let asked = stop.clone();
    let service = serve(move |received| match received.path.as_str() {
        "/last" => {
            asked.ask();
            Reply::Silence
        }
        _ => Reply::ok(),
    });
    let last = EachRequest::new("last", |_| Request::get("/last"));
    let in_a_moment = Schedule::steps([(0.0, ms(50)), (1.0, ms(1))]).unwrap();
    let hours = at_rate(100.0, Duration::from_secs(86_400));
    let report = to(service.address).until(&stop).open(hours, quotes()).open(in_a_moment, last).drive().unwrap();
    assert!(report.interrupted);
    assert!(report.step("quote").unwrap().ok >= 1);
    assert_eq!(report.step("last").unwrap().unfinished, 1);
}

#[test]
fn a_scenario_that_panics_ends_the_run_with_an_error() {
    struct Broken;
    impl Scenario for Broken {
        fn steps(&self) -> Vec<String> {
            Vec::new()
        }
        async fn run(&self, _: &mut Vu) {
            panic!("on purpose");
        }
    }
    let service = serve(|_| Reply::ok());
    assert!(matches!(to(service.address).open(at_once(1), Broken).drive(), Err(LoadError::ScenarioPanicked)));
}

#[test]
fn whoever_looks_sees_the_run_as_it_stands() {
    let service = serve(|_| Reply::ok());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sees = Arc::clone(&seen);
    let run = to(service.address).look(ms(10), move |live| sees.lock().unwrap().push(live.clone()));
    drive(run, at_rate(200.0, ms(200)));
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty());
    assert!(
        seen.is_sorted_by_key(|live| live.ok) && seen.iter().all(|live| live.due >= live.sent && live.sent >= live.ok)
    );
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
        (|| Reply::HalfBody, Failure::Closed),
        (|| Reply::Garbage, Failure::Malformed),
    ] as [(fn() -> Reply, Failure); 3]
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
fn a_service_that_vanishes_after_its_answers_is_still_accounted_for() {
    // Whether a request meets a connection that is closing at that moment is luck; that it is counted is not.
    let service = serve(|_| Reply::AnswerAndVanish(200));
    let report = drive(to(service.address).max_in_flight(1), at_once(20));
    assert_adds_up(&report, 20);
    assert!(report.overall.ok >= 1);
    assert!(report.overall.failed.keys().all(|failure| *failure == Failure::Closed));
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
