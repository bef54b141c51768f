//! Services that do not do what they should: every one of them fails the run, by its right name, and none keeps it for ever.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

use lab_results::load::LoadReport;

use crate::support::{Reply, Service, serve};
use crate::typed::{Folder, shop};

/// Twenty customers.
const SOME: &str = "--profile soak --rate 100 --duration 200ms";

fn always(reply: fn() -> Reply) -> Service {
    serve(move |_| reply())
}

/// Answers so many connections, one request each, and is gone.
fn serve_only(connections: usize) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().take(connections).map_while(Result::ok) {
            let mut line = String::new();
            let mut incoming = BufReader::new(&stream);
            while incoming.read_line(&mut line).is_ok_and(|read| read > 2) {}
            let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        }
    });
    address
}

#[test]
fn too_few_places_make_a_run_that_proves_nothing() {
    let ran = Folder::new()
        .load(always(|| Reply::Silence).address, &format!("{SOME} --max-in-flight 1 --timeout 1h --drain 200ms"));
    ran.says(3, &["INVALID", "19 of 20 requests were never sent", "19 never sent", "1 never answered"]);
}

#[test]
fn a_step_that_nobody_asked_for_is_a_breach() {
    let folder = Folder::new();
    folder.write(
        "shop.json",
        r#"{"name":"shop","flows":[{"name":"f","requests":[{"step":"a","method":"GET","path":"/"}]},
            {"name":"g","weight":0,"requests":[{"step":"b","method":"GET","path":"/"}]}]}"#,
    );
    let slo = folder.write("slo.json", r#"{"version":1,"scenarios":{"shop":[{"step":"b","p99_ms":60000}]}}"#);
    let ran = folder.load(always(Reply::ok).address, &format!("{SOME} --slo {slo}"));
    ran.says(99, &["BREACH", "b: more than 0 requests: 0", "b: p99 below 60000 ms: nothing was measured"]);
}

#[test]
fn a_service_that_is_not_there_is_told_before_the_start() {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    Folder::new().load(address, SOME).says(2, &["nobody answers", "is the service running?"]);
}

#[test]
fn a_service_that_goes_away_in_the_middle_fails_the_rest() {
    // The first connection only finds out whether somebody is there.
    let document = Folder::new().load(serve_only(6), &format!("{SOME} --json")).document();
    assert_eq!((document.overall.planned, document.overall.ok), (20, 5));
    assert_eq!(document.judgement.unwrap().outcome.exit_code(), 99);
    // Whoever had reached its door when it closed was thrown out, all others found none.
    assert!(
        document.overall.failed.keys().all(|reason| ["connect", "closed"].contains(&reason.as_str())),
        "{:?}",
        document.overall.failed
    );
}

#[test]
fn what_a_service_does_wrong_has_its_name() {
    for (service, reason) in [
        (always(|| Reply::Garbage), "20 malformed"),
        (always(|| Reply::Hangup), "20 closed"),
        (always(|| Reply::HalfBody), "20 closed"),
        (always(|| Reply::AnswerAndClose(500)), "20 500"),
        (always(|| Reply::Answer(404, String::new())), "20 404"),
    ] {
        Folder::new().load(service.address, SOME).says(99, &["BREACH", reason, "overall: below 1% failed: 100%"]);
    }
}

#[test]
fn a_service_that_is_slow_for_ever_does_not_keep_us() {
    let service = always(|| Reply::Silence);
    let folder = Folder::new();
    folder.load(service.address, &format!("{SOME} --timeout 100ms")).says(99, &["BREACH", "20 timeout"]);
    folder
        .load(service.address, &format!("{SOME} --timeout 1h --drain 100ms"))
        .says(99, &["BREACH", "20 never answered"]);
}

#[test]
fn failures_that_come_in_bursts_are_counted_one_by_one() {
    let asked = AtomicU64::new(0);
    let service = serve(move |_| match asked.fetch_add(1, SeqCst) / 5 % 2 {
        0 => Reply::ok(),
        _ => Reply::Answer(503, "{}".into()),
    });
    Folder::new().load(service.address, SOME).says(99, &["BREACH", "10 503", "overall: below 1% failed: 50%"]);
}

#[test]
fn a_breakpoint_test_ends_where_the_service_breaks() {
    let asked = AtomicU64::new(0);
    let service = serve(move |_| if asked.fetch_add(1, SeqCst) < 50 { Reply::ok() } else { Reply::Hangup });
    // It would send 5,000 in 20 s.
    let folder = Folder::new();
    let ran = folder.load(service.address, "--profile breakpoint --rate 50 --duration 20s --report report.json");
    ran.says(99, &["It broke after", "BREACH", "BROKEN overall: below 1% failed"]);
    let report: LoadReport = serde_json::from_str(&folder.read("report.json")).unwrap();
    assert!((51..5000).contains(&report.overall.planned) && !report.interrupted, "{report:?}");
    // Fifty have come after 2 s, at 50/s.
    assert!(report.broke_at_per_s >= Some(50.0), "{report:?}");
}

#[test]
fn a_breakpoint_test_that_breaks_nothing_passes() {
    let ran = Folder::new().load(always(Reply::ok).address, "--profile breakpoint --rate 5 --duration 1s --json");
    assert_eq!((ran.code, ran.document().overall.ok), (Some(0), 25));
}

#[test]
fn a_search_takes_no_row_twice() {
    let folder = Folder::new();
    let request = r#"[{"step":"pay","method":"POST","path":"/{order}"}]"#;
    let rows: Vec<u32> = (0..1000).collect();
    folder.write("shop.json", &shop(request, &format!(r#","data":{{"order":{rows:?}}},"take":{{"order":"in-turn"}}"#)));
    let paid = Arc::new(Mutex::new(Vec::new()));
    let orders = Arc::clone(&paid);
    let service = serve(move |received| {
        orders.lock().unwrap().push(received.path);
        Reply::Answer(500, String::new())
    });
    folder.load(service.address, "--find-knee --rate 50 --max-rate 100 --step 100ms").says(99, &[]);
    let paid = paid.lock().unwrap();
    // Four steps of five customers.
    assert_eq!((paid.len(), paid.iter().collect::<BTreeSet<_>>().len()), (20, 20), "{paid:?}");
}

#[test]
fn the_knee_of_a_service_that_fails_everybody_is_nowhere() {
    let folder = Folder::new();
    let service = always(|| Reply::Answer(500, String::new()));
    let words = "--find-knee --rate 50 --max-rate 100 --step 100ms --svg knee.svg";
    folder.load(service.address, words).says(99, &["The service never kept its objectives", "broken", "default rule"]);
    assert!(folder.read("knee.svg").starts_with("<svg"));
    let found: serde_json::Value =
        serde_json::from_str(&folder.load(service.address, &format!("{words} --json")).stdout).unwrap();
    assert_eq!(found["knee"]["outcome"], "never-kept");
    // Once, and three times again.
    assert_eq!(found["knee"]["tried"].as_array().map(Vec::len), Some(4));
}
