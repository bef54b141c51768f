//! Services that answer.

use std::sync::{Arc, Mutex};

use lab_results::load::{Figure, Model, Outcome};

use crate::support::{Received, Reply, serve};
use crate::typed::{Folder, shop};

/// Fifteen customers.
const FEW: &str = "--profile soak --rate 50 --duration 300ms";

#[test]
fn a_service_that_keeps_its_objectives_passes() {
    let (folder, service) = (Folder::new(), serve(|_| Reply::ok()));
    // A limit that no machine misses, and a lag that none reaches.
    let slo = folder.write(
        "slo.json",
        r#"{"version":1,"scenarios":{"shop":[{"step":"a","p99_ms":60000,"max_failed_share":0.001}]}}"#,
    );
    let ran = folder.load(service.address, &format!("{FEW} --slo {slo} --report report.json"));
    ran.says(0, &["Sending shop to", "15 customers in 300ms", "PASS", "a: p99 below 60000 ms"]);

    let report: lab_results::load::LoadReport = serde_json::from_str(&folder.read("report.json")).unwrap();
    assert_eq!((report.tool.as_str(), report.scenario.as_str(), report.model), ("lab-load", "shop", Model::Open));
    assert_eq!((report.overall.planned, report.overall.ok, report.interrupted), (15, 15, false));
    assert_eq!(report.judgement.unwrap().outcome, Outcome::Pass);
    // No terminal, no colour, and no line that is written over.
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}') && !ran.stderr.contains('\r'), "{ran:?}");
}

#[test]
fn without_objectives_the_default_rule_holds() {
    let (folder, service) = (Folder::new(), serve(|_| Reply::ok()));
    folder.load(service.address, FEW).says(0, &["default rule", "overall: below 1% failed: 0%", "PASS"]);
    let document = folder.load(service.address, &format!("{FEW} --no-slo --json --poisson --seed 3")).document();
    let rules: Vec<_> =
        document.judgement.unwrap().rules.into_iter().map(|rule| (rule.rule.step, rule.rule.figure)).collect();
    assert_eq!(rules, [Figure::Count, Figure::FailedShare].map(|figure| ("overall".to_owned(), figure)));
}

#[test]
fn a_smoke_test_leaves_no_flow_out_also_where_several_come_at_once() {
    let (folder, service) = (Folder::new(), serve(|_| Reply::ok()));
    folder.write(
        "shop.json",
        r#"{"name":"shop","flows":[{"name":"f","weight":999999,"at_once":2,"requests":[{"step":"often","method":"GET","path":"/"}]},
            {"name":"g","weight":1,"at_once":3,"requests":[{"step":"rare","method":"GET","path":"/"}]}]}"#,
    );
    let document = folder.load(service.address, "--profile smoke --rate 2000 --duration 200ms --json").document();
    assert_eq!(document.steps.iter().map(|step| step.ok).collect::<Vec<_>>(), [4, 6]);
}

#[test]
fn more_may_come_at_once_than_there_are_places() {
    let (folder, service) = (Folder::new(), serve(|_| Reply::ok()));
    let get = r#"[{"step":"a","method":"GET","path":"/"}]"#;
    folder.write("shop.json", &shop(get, "").replace(r#""requests""#, r#""at_once":20,"requests""#));
    let words = "--profile soak --rate 10 --duration 100ms --max-in-flight 3 --drain 1h --json";
    let document = folder.load(service.address, words).document();
    assert_eq!((document.overall.ok, document.generator.unwrap().most_in_flight), (20, 3));
}

#[test]
fn a_closed_model_is_shown_and_never_passes() {
    let (folder, service) = (Folder::new(), serve(|_| Reply::ok()));
    let ran = folder.load(service.address, "--closed 3 --think 10ms --duration 200ms");
    ran.says(3, &["a closed model of 3 users", "INVALID", "do not ask meanwhile"]);
}

#[test]
fn data_come_from_the_service_once_and_in_turn() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let service = serve(move |received: Received| match received.path.as_str() {
        "/load-data" => Reply::Answer(200, r#"{"order":["a b","c"],"account":[{"name":"\"q\""}]}"#.into()),
        path => {
            seen.lock().unwrap().push((path.to_owned(), received.body));
            Reply::Answer(201, "{}".into())
        }
    });
    let folder = Folder::new();
    let request = r#"[{"step":"a","method":"POST","path":"/o/{order}","body":{"who":"{account.name}"},"expect":201}]"#;
    folder.write("shop.json", &shop(request, r#","data_from":"/load-data","take":{"order":"in-turn"}"#));
    // One after the other, so that they arrive in the order in which they were sent.
    folder.load(service.address, "--profile soak --rate 20 --duration 150ms --max-in-flight 1").says(0, &["PASS"]);
    let asked = asked.lock().unwrap();
    let paths: Vec<&str> = asked.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/o/a%20b", "/o/c", "/o/a%20b"]);
    assert!(asked.iter().all(|(_, body)| body == r#"{"who":"\"q\""}"#), "{asked:?}");
}

#[test]
fn logs_are_reported_as_one_run_and_never_twice() {
    let (folder, service) = (Folder::new(), serve(|_| Reply::ok()));
    for log in ["one.hlog", "two.hlog"] {
        folder.load(service.address, &format!("{FEW} --hdr {log}")).says(0, &[]);
    }
    folder.run("--merge one.hlog two.hlog").says(0, &["2 logs as one run", "30", "nothing is judged"]);
    let merged: serde_json::Value =
        serde_json::from_str(&folder.run("--merge one.hlog two.hlog --json").stdout).unwrap();
    assert_eq!((&merged["steps"][0]["name"], &merged["steps"][0]["response"]["count"]), (&"a".into(), &30.into()));

    folder.run("--merge one.hlog one.hlog").says(2, &["the same run"]);
    let other = folder.read("one.hlog").replace("scenario shop", "scenario pub");
    folder.write("other.hlog", &other);
    folder.run("--merge one.hlog other.hlog").says(2, &["one.hlog is of shop and other.hlog of pub"]);
    folder.write("cut.hlog", &other[..other.len() - 30]);
    folder.run("--merge cut.hlog").says(2, &["cut.hlog", "line 8 is no line of an HdrHistogram log"]);
    folder.run("--merge none.hlog").says(2, &["none.hlog"]);
}
