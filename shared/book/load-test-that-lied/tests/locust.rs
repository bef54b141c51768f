//! The Locust file with the real Locust, a master and two workers: our verdicts, our exit codes, our document.

mod shop;
mod support;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use axum::http::StatusCode;
use lab_harness::results::load::Outcome;
use shop::Shop;
use support::{Ran, Stalling, nobody, patient, repository, tool, unsteered};

fn locust() -> Option<PathBuf> {
    tool("locust", "LAB_LOCUST")
}

/// Users who come every `pace_s`, for a few seconds.
fn run(locust: &Path, scenario: &str, target: &str, load: (u32, f64, u32)) -> Ran {
    run_for(locust, scenario, target, load, &repository().join("shared/stack/slo.json"))
}

/// The same for the objectives of a file.
fn run_for(locust: &Path, scenario: &str, target: &str, (users, pace_s, run_s): (u32, f64, u32), slo: &Path) -> Ran {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("report.json");
    let (users, run_time) = (users.to_string(), format!("{run_s}s"));
    let mut command = unsteered(repository().join("scripts/locust/run"));
    command
        .args(["--users", &users, "--spawn-rate", "100", "--run-time", &run_time])
        .env("LAB_LOCUST", locust)
        .env("SCENARIO", scenario)
        .env("TARGET", target)
        .env("PACE_S", pace_s.to_string())
        .env("REPORT", &report)
        .env("SLO", slo)
        .stdin(Stdio::null());
    Ran::of(command.output().expect("the launcher runs"), &report)
}

#[test]
fn what_answers_at_once_passes() {
    let Some(locust) = locust() else { return };
    let service = Stalling::start();
    let (slo, objectives) = patient("fast");
    let ran = run_for(&locust, "fast", &service.target, (150, 10.0, 3), slo.path());
    let report = ran.judged_by(&objectives, Outcome::Pass, 0);
    assert!(report.overall.sent > 20 && report.overall.ok == report.overall.sent, "{report:?}");
}

#[test]
fn what_stalls_breaches() {
    let Some(locust) = locust() else { return };
    let service = Stalling::start();
    let ran = run(&locust, "stall", &service.target, (100, 4.0, 4));
    let p99_ms = ran.judged(Outcome::Breach, 99).steps[0].response.expect("answers").p99_ms;
    // 1,180 ms for two whole periods on a quiet machine. A busy one delays users who would have waited; a service that does not
    // stall answers within a few milliseconds.
    assert!(p99_ms >= 500.0, "the stall is seen: {p99_ms}");
}

#[test]
fn users_who_cannot_come_when_they_are_due_prove_nothing() {
    let Some(locust) = locust() else { return };
    let service = Stalling::start();
    let ran = run(&locust, "stall", &service.target, (10, 0.25, 3));
    assert!(ran.judged(Outcome::Invalid, 3).overall.unsent > 0);
}

#[test]
fn nobody_there_and_nobody_sent_are_breaches() {
    let Some(locust) = locust() else { return };
    let ran = run(&locust, "fast", &nobody(), (10, 1.0, 2));
    let report = ran.judged(Outcome::Breach, 99);
    assert_eq!((report.overall.ok, report.overall.response), (0, None));
    assert_eq!(report.overall.failed.get("connect"), Some(&report.overall.sent), "{report:?}");
    // Locust itself ends with 0 here.
    let service = Stalling::start();
    let ran = run(&locust, "fast", &service.target, (0, 1.0, 1));
    assert_eq!(ran.judged(Outcome::Breach, 99).overall.sent, 0);
}

#[test]
fn two_workers_send_a_scenario_as_it_is_written_and_no_row_twice() {
    let Some(locust) = locust() else { return };
    // Enough that some come to the rarest flow, one in a hundred: that nobody does has a chance of e^-24.
    for (scenario, load) in [("pool-exhaustion", (100, 1.0, 3)), ("blocked-runtime", (400, 0.5, 3))] {
        let shop = Shop::open();
        let ran = run(&locust, scenario, &shop.target, load);
        shop.check(scenario, ran.report());
    }
}

#[test]
fn a_wrong_word_in_the_environment_is_explained_before_anything_starts() {
    let Some(locust) = locust() else { return };
    for (scenario, target, words) in [
        ("no-such", "http://127.0.0.1:1", "fast, pool-exhaustion, stall"),
        ("fast", "http://192.0.2.1:80", "is not this machine"),
        ("fast", "127.0.0.1:80", "say where the service listens"),
        ("pool-exhaustion", &nobody(), "does the service listen there?"),
    ] {
        let ran = run(&locust, scenario, target, (1, 1.0, 1));
        assert!(ran.code == Some(2) && ran.text.contains(words), "{:?}: {}", ran.code, ran.text);
        assert!(ran.report.is_none());
    }
}

#[test]
fn another_answer_than_the_expected_one_is_a_failure() {
    let Some(locust) = locust() else { return };
    let shop = Shop::answering(StatusCode::OK);
    let ran = run(&locust, "pool-exhaustion", &shop.target, (50, 1.0, 2));
    let report = ran.judged(Outcome::Breach, 99);
    let [pay, look] = &report.steps[..] else { panic!("{report:?}") };
    assert!(pay.sent > 0 && pay.ok == 0 && look.ok == look.sent, "{report:?}");
    assert_eq!(report.overall.failed.get("200"), Some(&pay.sent), "{report:?}");
}
