//! What cannot be started ends with 2 and says what to do, before a request is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Reply, serve};
use crate::typed::{Folder, ran, shop, to};

#[test]
fn another_machine_is_refused_with_the_reason() {
    // Documentation addresses (RFC 5737, RFC 3849) belong to nobody, and nothing is sent to them.
    for target in ["http://192.0.2.1:80", "http://[2001:db8::1]:80"] {
        let ran = Folder::new().run(&format!("--target {target} --scenario ./shop.json"));
        ran.says(2, &["is not on this machine", "an attack", "--i-own-this-host"]);
    }
}

#[test]
fn a_bad_target_says_what_is_wrong() {
    for (target, why) in
        [("127.0.0.1:80", "http://"), ("https://127.0.0.1:80", "TLS"), ("http://127.0.0.1:80/orders", "path")]
    {
        Folder::new().run(&format!("--target {target} --scenario ./shop.json")).says(2, &[why]);
    }
}

#[test]
fn nothing_is_sent_when_something_is_wrong() {
    let service = serve(|_| Reply::ok());
    let folder = Folder::new();
    // Each in a file of its own, because all are written before the first is read.
    let files = AtomicUsize::new(0);
    let slo = |text| format!("--slo {}", folder.write(&format!("slo{}.json", files.fetch_add(1, SeqCst)), text));
    for (words, says) in [
        (
            slo(r#"{"version":1,"scenarios":{"shop":[{"step":"aa","p99_ms":1}]}}"#),
            &["no step `aa`", "did you mean `a`?"][..],
        ),
        (
            slo(r#"{"version":1,"scenarios":{"shopp":[{"step":"a"}]}}"#),
            &["no objectives for `shop`", "did you mean `shopp`?"],
        ),
        (slo(r#"{"version":2,"scenarios":{}}"#), &["version"]),
        (slo(r#"{"version":1,"scenarios":{"shop":[{"step":"a","p98_ms":1}]}}"#), &["p98_ms"]),
        ("--slo none.json".into(), &["none.json"]),
        ("--report none/report.json".into(), &["Cannot write to none/report.json"]),
        ("--rate 2000000".into(), &["at most 1000000"]),
        ("--rate 200000 --profile breakpoint".into(), &["2000000 requests per second is not a rate"]),
        ("--duration 30".into(), &["time unit"]),
        ("--find-knee --rate 50 --max-rate 20".into(), &["cannot go from 50/s to 20/s"]),
    ] {
        folder.load(service.address, &words).says(2, says);
    }
    assert_eq!(service.accepted(), 0);
}

#[test]
fn a_report_that_is_there_survives_a_run_that_is_refused() {
    let folder = Folder::new();
    folder.write("report.json", "precious");
    folder.run("--target http://127.0.0.1:1 --scenario ./shop.json --report report.json").says(2, &["nobody answers"]);
    std::os::unix::fs::symlink("elsewhere.json", folder.path("link.json")).unwrap();
    folder.run("--target http://127.0.0.1:1 --scenario ./shop.json --report link.json").says(2, &["nobody answers"]);
    assert!(std::path::Path::new(&folder.path("link.json")).is_symlink());
    assert_eq!(folder.read("report.json"), "precious");
}

#[test]
fn a_misspelt_scenario_is_told_what_there_is() {
    let (folder, service) = (Folder::new(), serve(|_| Reply::ok()));
    std::fs::create_dir_all(folder.path("shared/stack/scenarios")).unwrap();
    folder.write("shared/stack/scenarios/stall.json", &folder.read("shop.json"));
    let named = |name: &str| {
        folder.run(&format!("--target http://{} --scenario {name} --profile smoke --duration 1s", service.address))
    };
    named("stal").says(2, &["there is no scenario `stal`", "did you mean `stall`?"]);
    named("./stal.json").says(2, &["./stal.json", "No such file"]);
    named("stall").says(0, &["PASS"]);
}

#[test]
fn a_broken_scenario_says_where() {
    let (folder, service) = (Folder::new(), serve(|_| Reply::ok()));
    let get = |path: &str| format!(r#"[{{"step":"a","method":"GET","path":"{path}"}}]"#);
    for (text, says) in [
        ("{\n\"name\"".to_owned(), "line 2"),
        (shop(&get("/"), r#","wieght":1"#), "unknown field `wieght`"),
        (shop(&get("orders"), ""), "does not start with `/`"),
        (shop(&get("/{order}"), r#","data":{"ordr":["1"]}"#), "the data are: ordr"),
    ] {
        folder.write("shop.json", &text);
        folder.load(service.address, "").says(2, &["scenario ./shop.json", says]);
    }
    assert_eq!(service.accepted(), 0);
}

#[test]
fn data_that_the_service_does_not_hand_out_stop_the_start() {
    let folder = Folder::new();
    let request = r#"[{"step":"a","method":"GET","path":"/{order}"}]"#;
    folder.write("shop.json", &shop(request, r#","data_from":"/load-data""#));
    for (reply, says) in [
        (r#"{"order":[]}"#, "the list `order` is empty"),
        (r#"{"orders":["1"]}"#, "the data are: orders"),
        (r#"["1"]"#, "something else than lists of rows"),
        ("<html>", "something else than lists of rows"),
    ] {
        let service = serve(move |_| Reply::Answer(200, reply.into()));
        folder.load(service.address, "").says(2, &[says]);
    }
    let missing = serve(|_| Reply::Answer(404, String::new()));
    folder.load(missing.address, "").says(2, &["/load-data, which hands out the scenario's data answered 404"]);
    let garbage = serve(|_| Reply::Garbage);
    folder.load(garbage.address, "").says(2, &["/load-data", "malformed"]);
}

#[test]
fn too_few_open_files_are_found_before_the_start() {
    let (folder, service) = (Folder::new(), serve(|_| Reply::ok()));
    let ran = limited(&folder, "ulimit -Sn 100; ulimit -Hn 200", &to(service.address, "--max-in-flight 1000"));
    ran.says(
        2,
        &["1000 requests in flight need 1064 open files", "allows 200", "`ulimit -n 1064`", "--max-in-flight 136"],
    );
    assert_eq!(service.accepted(), 0);
}

#[test]
fn a_soft_limit_of_open_files_is_raised() {
    // Nobody is answered until 90 are there at once, which 80 open files do not suffice for.
    let here = Arc::new(AtomicUsize::new(0));
    let service = serve(move |_| {
        here.fetch_add(1, SeqCst);
        let until = Instant::now() + Duration::from_secs(20);
        while here.load(SeqCst) < 90 && Instant::now() < until {
            sleep(Duration::from_millis(5));
        }
        Reply::ok()
    });
    let words = to(
        service.address,
        "--profile soak --rate 1000 --duration 90ms --max-in-flight 90 --json --timeout 1m --drain 1m",
    );
    let document = limited(&Folder::new(), "ulimit -Sn 80", &words).document();
    assert_eq!(document.overall.ok, 90, "{document:?}");
    assert_eq!(document.generator.unwrap().most_in_flight, 90);
}

/// The program in a shell with other limits.
fn limited(folder: &Folder, limits: &str, words: &str) -> crate::typed::Ran {
    let program = folder.command(words);
    let mut shell = folder.command("");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &format!("{limits}; exec \"$0\" \"$@\"")]).arg(program.get_program()).args(program.get_args());
    command.current_dir(shell.get_current_dir().unwrap()).env_remove("LAB_ROOT");
    shell.stdin(std::process::Stdio::null());
    ran(command.output().unwrap())
}
