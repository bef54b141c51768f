//! The k6 scripts, with the real k6: our rules in its words, our verdicts, our document.

mod shop;
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use axum::http::StatusCode;
use lab_harness::results::load::{Objective, Outcome, Rule};
use serde_json::Value;
use shop::Shop;
use support::{Ran, Stalling, nobody, patient, repository, slo, tool, unsteered};

fn k6() -> Option<PathBuf> {
    tool("k6", "LAB_K6")
}

fn command(k6: &Path, verb: &[&str], variables: &[(&str, &str)], scenario: &str) -> Command {
    let mut command = unsteered(k6);
    command.args(verb);
    for (name, value) in variables {
        command.args(["--env", &format!("{name}={value}")]);
    }
    command.arg(repository().join(format!("scripts/k6/{scenario}.js"))).stdin(Stdio::null());
    command
}

fn run(k6: &Path, scenario: &str, variables: &[(&str, &str)]) -> Ran {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("report.json");
    let variables = [variables, &[("REPORT", report.to_str().expect("Unicode"))]].concat();
    // Neither a word to its maker nor a port for its remote control.
    let verb = ["run", "--quiet", "--no-usage-report", "--address", ""];
    Ran::of(command(k6, &verb, &variables, scenario).output().expect("k6 runs"), &report)
}

/// Metrics with the expressions that k6 found in a script; those without any only ask it to count.
fn thresholds(k6: &Path, scenario: &str, profile: &str) -> BTreeMap<String, Vec<String>> {
    let variables = [("TARGET", "http://127.0.0.1:1"), ("PROFILE", profile)];
    let output = command(k6, &["inspect"], &variables, scenario).output().expect("k6 runs");
    assert!(output.status.success(), "{scenario}: {}", String::from_utf8_lossy(&output.stderr));
    let options: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let thresholds = options["thresholds"].as_object().expect("thresholds").iter();
    let expressions = |list: &Value| -> Vec<String> {
        let text =
            |threshold: &Value| threshold.as_str().or_else(|| threshold["threshold"].as_str()).map(str::to_owned);
        list.as_array().expect("a list").iter().map(|threshold| text(threshold).expect("an expression")).collect()
    };
    thresholds
        .map(|(metric, list)| (metric.clone(), expressions(list)))
        .filter(|(_, expressions)| !expressions.is_empty())
        .collect()
}

#[test]
fn k6_holds_every_scenario_against_the_rules_that_we_hold_it_against() {
    let Some(k6) = k6() else { return };
    for (scenario, objectives) in slo().scenarios {
        let mut expected = BTreeMap::from([("dropped_iterations".to_owned(), vec!["count==0".to_owned()])]);
        for (metric, expression) in objectives.iter().flat_map(Objective::rules).map(|rule: Rule| rule.as_k6()) {
            expected.entry(metric).or_default().push(expression);
        }
        for profile in ["constant", "breakpoint"] {
            assert_eq!(thresholds(&k6, &scenario, profile), expected, "{scenario}, {profile}");
        }
    }
}

#[test]
fn a_wrong_word_in_the_environment_is_explained() {
    let Some(k6) = k6() else { return };
    for (variable, value, words) in [
        ("PROFILE", "soak", "there are smoke, constant, ramp, spike, breakpoint"),
        ("TARGET", "http://192.0.2.1:80", "is not this machine"),
        ("TARGET", "http://127.0.0.1@192.0.2.1", "say where the service listens"),
        ("DURATION", "90", "write it as 90s"),
        ("RATE", "many", "a number above 0"),
    ] {
        let variables = [("TARGET", "http://127.0.0.1:1"), (variable, value)];
        let output = command(&k6, &["inspect"], &variables, "fast").output().expect("k6 runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains(words), "{variable}={value}: {text}");
    }
}

#[test]
fn what_answers_at_once_passes() {
    let Some(k6) = k6() else { return };
    let service = Stalling::start();
    let (slo, objectives) = patient("fast");
    let slo = slo.path().to_str().expect("Unicode");
    let load = [("TARGET", &*service.target), ("PROFILE", "constant"), ("RATE", "50"), ("DURATION", "2s")];
    let ran = run(&k6, "fast", &[&load[..], &[("SLO", slo)]].concat());
    let report = ran.judged_by(&objectives, Outcome::Pass, 0);
    assert!((90..=110).contains(&report.overall.sent) && report.overall.ok == report.overall.sent, "{report:?}");
}

#[test]
fn what_stalls_breaches() {
    let Some(k6) = k6() else { return };
    let service = Stalling::start();
    let ran =
        run(&k6, "stall", &[("TARGET", &service.target), ("PROFILE", "constant"), ("RATE", "50"), ("DURATION", "4s")]);
    let p99_ms = ran.judged(Outcome::Breach, 99).steps[0].response.expect("answers").p99_ms;
    assert!(p99_ms > 1_100.0, "two whole periods have a p99 of 1180 ms: {p99_ms}");
}

#[test]
fn too_few_users_prove_nothing() {
    let Some(k6) = k6() else { return };
    let service = Stalling::start();
    let variables = [("TARGET", &*service.target), ("PROFILE", "constant"), ("RATE", "50"), ("DURATION", "3s")];
    let ran = run(&k6, "stall", &[&variables[..], &[("MAX_VUS", "2")]].concat());
    assert!(ran.judged(Outcome::Invalid, 99).overall.unsent > 0);
}

#[test]
fn a_service_that_is_not_there_is_a_breach() {
    let Some(k6) = k6() else { return };
    let ran = run(&k6, "fast", &[("TARGET", &nobody()), ("DURATION", "1s")]);
    let report = ran.judged(Outcome::Breach, 99);
    assert_eq!((report.overall.ok, report.overall.response), (0, None));
    // Here nothing is sent at all, because the data are to come from the service. 107 is k6's code for a script that failed.
    let ran = run(&k6, "pool-exhaustion", &[("TARGET", &nobody()), ("DURATION", "1s")]);
    assert_eq!(ran.judged(Outcome::Breach, 107).overall.sent, 0);
    assert!(ran.text.contains("/load-data") && ran.text.contains("does the service listen there?"), "{}", ran.text);
}

#[test]
fn a_scenario_is_sent_as_it_is_written() {
    let Some(k6) = k6() else { return };
    // Of few customers none might come to a rare flow, but each flow has its turn in a smoke test.
    for (scenario, profile) in [("pool-exhaustion", "constant"), ("blocked-runtime", "smoke")] {
        let shop = Shop::open();
        let variables = [("TARGET", &*shop.target), ("PROFILE", profile), ("RATE", "100"), ("DURATION", "2s")];
        let ran = run(&k6, scenario, &variables);
        shop.check(scenario, ran.report());
    }
}

#[test]
fn another_answer_than_the_expected_one_is_a_failure() {
    let Some(k6) = k6() else { return };
    let shop = Shop::answering(StatusCode::OK);
    let variables = [("TARGET", &*shop.target), ("PROFILE", "constant"), ("RATE", "50"), ("DURATION", "1s")];
    let ran = run(&k6, "pool-exhaustion", &variables);
    let report = ran.judged(Outcome::Breach, 99);
    let [pay, look] = &report.steps[..] else { panic!("{report:?}") };
    assert!(pay.sent > 0 && pay.ok == 0 && look.ok == look.sent, "{report:?}");
}
