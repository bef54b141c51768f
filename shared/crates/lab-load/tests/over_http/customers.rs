//! What customers do, from arriving to leaving, and how a run of them ends.

use crate::runs::{assert_adds_up, at_once, at_rate, drive, ms, quotes, to};
use crate::support::{Received, Reply, serve};
use lab_load::{EachRequest, LoadError, Mix, Request, Scenario, Schedule, Stop, Vu};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::sleep,
    time::Duration,
};

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
