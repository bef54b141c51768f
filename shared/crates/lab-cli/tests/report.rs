//! The report and the board: what they say of files that are old, broken or missing, and how they are in a real browser.

mod browser;
mod checkout;
mod report_fixture;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use browser::{Browser, Look, chromium};
use checkout::Checkout;
use report_fixture::{EVIL, LAB, flamegraph, programs, progress, verdicts};
use serde_json::json;

fn json_of(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("JSON")
}

/// A checkout in which lab 01 was solved at the third attempt.
fn worked_in() -> Checkout {
    let checkout = Checkout::new();
    checkout.write(".lab/progress.json", &json_of(&progress()));
    let folder = format!("target/lab/{LAB}");
    for verdict in verdicts() {
        checkout.write(&format!("{folder}/runs/verify-{}-7.json", verdict.at), &json_of(&verdict));
    }
    for (verb, run) in programs() {
        checkout.write(&format!("{folder}/{verb}/baseline/run.json"), &json_of(&run));
    }
    checkout.write(&format!("{folder}/profile/baseline/flamegraph.svg"), &flamegraph());
    checkout
}

/// A folder with what three people handed over and a file that nobody can read.
fn handed_over(checkout: &Checkout) -> PathBuf {
    for (file, name) in [("ines", "Ines"), ("jonas", "Jonas"), ("eve", EVIL)] {
        let ran = checkout.lab(&["report", "--json", "--name", name]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        checkout.write(&format!("class/{file}.json"), &ran.stdout);
    }
    checkout.write("class/half.json", "{\"schema\": 1, \"name\": \"Half");
    checkout.root.join("class")
}

#[test]
fn an_empty_checkout_gives_a_page_that_says_so() {
    let checkout = Checkout::new();
    let ran = checkout.lab(&["report"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("wrote target/lab/report.html"), "{}", ran.stdout);
    let page = checkout.read("target/lab/report.html");
    assert!(page.contains("Nothing has been run yet") && page.contains("make lab-01"));
}

#[test]
fn files_that_are_old_half_written_or_something_else_are_named_and_hide_nothing() {
    let checkout = worked_in();
    let [solved] = &verdicts()[2..] else { panic!("three") };
    let runs = format!("target/lab/{LAB}/runs");
    let older =
        json!({ "schema": 1, "at": 1_795_400_000, "seed": 11, "outcome": "wrong_answer", "reason": "an old reason" });
    checkout.write(&format!("{runs}/verify-1-older.json"), &older.to_string());
    checkout.write(&format!("{runs}/verify-2-half.json"), &json_of(solved)[..300]);
    checkout.write(&format!("{runs}/verify-3-newer.json"), &json!({ "schema": 99 }).to_string());
    checkout.write(&format!("{runs}/verify-4-other.json"), "[1, 2]");
    checkout.write(&format!("target/lab/{LAB}/heap/yours/run.json"), "");
    std::fs::write(checkout.root.join(format!("{runs}/verify-5-bytes.json")), [0xff, 0xfe]).expect("written");

    let ran = checkout.lab(&["report", "1", "--out", "my report.html"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("6 of the kept files could not be shown"), "{}", ran.stdout);
    let page = checkout.read("my report.html");
    for words in [
        "an older version wrote it (schema 1",
        "half written",
        "a newer version wrote it (schema 99",
        "does not say which schema",
        "it cannot be read",
        "heap/yours/run.json",
        // The older one's result is known all the same.
        "an old reason",
        // What can be read is there.
        "right answers, and every gate passed",
        "41.0× (40.2 to 41.8)",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn the_solution_shows_after_solved_or_on_request() {
    let checkout = worked_in();
    assert_eq!(checkout.lab(&["report"]).code, 0);
    let page = checkout.read("target/lab/report.html");
    assert!(page.contains("+++ solutions/solution-01") && !page.contains("+++ solutions/solution-04"));
    assert!(!checkout.read(".lab/progress.json").contains("\"saw_solution\": true"));

    let ran = checkout.lab(&["report", "04", "--solution-diff"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(checkout.read("target/lab/report-04.html").contains("+++ solutions/solution-04"));
    assert!(checkout.read(".lab/progress.json").contains("\"saw_solution\": true"));
}

#[test]
fn a_board_has_everyone_and_names_what_it_skips() {
    let checkout = worked_in();
    let folder = handed_over(&checkout);
    let ran = checkout.lab(&["board", folder.to_str().expect("Unicode")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("skipped half.json: it ends in the middle"), "{}", ran.stderr);
    let page = checkout.read("class/board.html");
    assert!(page.contains("3 learners") && page.contains("Jonas") && page.contains("half.json"));
    assert!(!page.contains(EVIL) && page.contains("&lt;script&gt;"));

    let ran = checkout.lab(&["board", "nowhere"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("nowhere is no folder"), "{}", ran.stderr);
}

#[test]
fn what_is_handed_over_has_results_and_no_code() {
    let checkout = worked_in();
    let ran = checkout.lab(&["report", "--json", "--name", "Ines"]);
    let handed: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((handed["schema"].as_u64(), handed["name"].as_str()), (Some(1), Some("Ines")));
    assert_eq!(handed["labs"][0]["progress"]["hints"], 2);
    assert_eq!(handed["labs"][0]["attempts"].as_array().map(Vec::len), Some(3));
    assert!(!ran.stdout.contains("fn ") && !checkout.root.join("target/lab/report.html").exists());
}

/// `lab report --watch` and the address that it says. It is ended with the value.
struct Served(Child, String);

impl Served {
    fn start(checkout: &Checkout) -> Self {
        let mut child = checkout.command(&["report", "--watch"]).stdout(Stdio::piped()).spawn().expect("lab runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let url = line.split_whitespace().next().expect("an address").to_string();
        assert!(url.starts_with("http://127.0.0.1:"), "{line}");
        Served(child, url)
    }

    fn get(&self, path: &str, host: Option<&str>) -> String {
        let address = self.1.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", host.unwrap_or(address)).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_served_page_follows_what_is_on_disk_and_answers_nobody_else() {
    let checkout = Checkout::new();
    let served = Served::start(&checkout);
    let page = served.get("/", None);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Nothing has been run yet"), "{page}");
    let before = served.get("/stamp", None);
    assert_eq!(before, served.get("/stamp", None));
    checkout.write(&format!("target/lab/{LAB}/runs/verify-1-7.json"), &json_of(&verdicts()[0]));
    assert_ne!(before, served.get("/stamp", None));
    assert!(served.get("/", Some("evil.example:80")).starts_with("HTTP/1.1 403"));
    assert!(served.get("/etc/passwd", None).starts_with("HTTP/1.1 404"));
}

/// Everything that only a browser can tell. One test: a browser takes a second to start.
#[test]
fn pages_are_right_in_a_browser() {
    let must = std::env::var_os("LAB_CI").is_some();
    let axe = std::env::var_os("LAB_AXE").map(|path| std::fs::read_to_string(path).expect("LAB_AXE names axe.min.js"));
    let Some(program) = chromium() else {
        assert!(!must, "LAB_CI is set and there is no chromium");
        return println!("skipped: chromium is not installed (Debian: apt-get install chromium)");
    };
    assert!(!must || axe.is_some(), "LAB_CI is set and LAB_AXE does not name axe.min.js of the npm package axe-core");
    if axe.is_none() {
        println!("contrast and names are not checked: LAB_AXE does not name axe.min.js of the npm package axe-core");
    }
    let checkout = worked_in();
    assert_eq!(checkout.lab(&["report", "--name", EVIL]).code, 0);
    assert_eq!(checkout.lab(&["board", handed_over(&checkout).to_str().expect("Unicode")]).code, 0);
    let empty = Checkout::new();
    assert_eq!(empty.lab(&["report"]).code, 0);
    let mut browser = Browser::start(program);
    for (name, file, charts) in [
        ("report", checkout.root.join("target/lab/report.html"), 5),
        ("board", checkout.root.join("class/board.html"), 0),
        ("empty", empty.root.join("target/lab/report.html"), 0),
    ] {
        for width in [400, 1280, 1920] {
            for is_dark in [false, true] {
                let look = Look { width, is_dark };
                browser.open(&file, look);
                let what = format!("{name} at {look:?}");
                stays_on_the_page(&mut browser, &file, &what);
                has_charts(&mut browser, charts, &what);
                if let Some(axe) = &axe {
                    axe_finds_nothing(&mut browser, axe, &what);
                }
                if let Some(folder) = std::env::var_os("LAB_SCREENSHOTS") {
                    let theme = if is_dark { "dark" } else { "light" };
                    browser.screenshot(&Path::new(&folder).join(format!("{name}-{width}-{theme}.png")), look);
                }
            }
        }
    }
    let look = Look { width: 1280, is_dark: false };
    browser.open(&checkout.root.join("target/lab/report.html"), look);
    evil_is_text(&mut browser);
    every_control_is_reached_by_keyboard(&mut browser);
    a_flamegraph_zooms(&mut browser);
    assert_eq!(browser.errors(), [""; 0]);
    a_served_page_loads_itself_again(&mut browser, &empty);
}

fn a_served_page_loads_itself_again(browser: &mut Browser, checkout: &Checkout) {
    let served = Served::start(checkout);
    browser.go_to(&served.1);
    checkout.write(&format!("target/lab/{LAB}/runs/verify-1-7.json"), &json_of(&verdicts()[0]));
    let until = Instant::now() + Duration::from_secs(60);
    while browser.evaluate("document.body.innerText.includes('NOT YET')") != json!(true) {
        assert!(Instant::now() < until, "the page is still the old one; {:?}", browser.errors());
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn stays_on_the_page(browser: &mut Browser, file: &Path, what: &str) {
    assert_eq!(browser.errors(), [""; 0], "{what}");
    let name = file.file_name().expect("a name").to_str().expect("Unicode");
    let elsewhere: Vec<_> =
        browser.requests().into_iter().filter(|url| !(url.starts_with("file://") && url.ends_with(name))).collect();
    assert_eq!(elsewhere, [""; 0], "{what}");
    let overflow = browser.evaluate("document.documentElement.scrollWidth - innerWidth").as_i64();
    assert!(overflow <= Some(0), "{what}: {overflow:?} px wider than the window");
}

fn has_charts(browser: &mut Browser, at_least: u64, what: &str) {
    let charts = browser.evaluate(
        "[...document.querySelectorAll('figure.chart')].map(f => ({
            title: f.querySelector('.title').innerText, facts: f.querySelector('figcaption').innerText,
            says: f.querySelector('svg').getAttribute('aria-label'), role: f.querySelector('svg').getAttribute('role'),
            marks: f.querySelectorAll('svg rect, svg circle, svg polygon, svg polyline').length,
            width: f.querySelector('svg').checkVisibility() ? f.querySelector('svg').getBBox().width : 100,
        }))",
    );
    let charts = charts.as_array().expect("a list");
    assert!(charts.len() as u64 >= at_least, "{what}: {} charts", charts.len());
    for chart in charts {
        let is_said = |key: &str| chart[key].as_str().is_some_and(|text| text.len() > 3);
        assert!(is_said("title") && is_said("facts") && is_said("says") && chart["role"] == "img", "{what}: {chart}");
        assert!(chart["marks"].as_u64() > Some(1) && chart["width"].as_f64() > Some(50.0), "{what}: {chart}");
    }
}

fn axe_finds_nothing(browser: &mut Browser, axe: &str, what: &str) {
    browser.evaluate(&format!("{axe};0"));
    let found = browser.evaluate(
        "axe.run(document, { iframes: false }).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).slice(0, 3).join(' | ')))",
    );
    assert_eq!(found, json!([]), "{what}");
}

fn evil_is_text(browser: &mut Browser) {
    assert_eq!(browser.evaluate("document.scripts.length"), 0);
    let shown = browser.evaluate("document.body.innerText.split(\"<script>alert('gotcha')</script>\").length - 1");
    assert!(shown.as_u64() >= Some(6), "shown {shown} times");
}

fn every_control_is_reached_by_keyboard(browser: &mut Browser) {
    const ALL: &str =
        "[...document.querySelectorAll('a, summary, iframe, [tabindex]')].filter(e => e.checkVisibility())";
    let all = browser.evaluate(&format!("{ALL}.length")).as_u64().expect("a number");
    for _ in 0..=all {
        browser.tab();
        browser.evaluate("document.activeElement.reached = true; 0");
    }
    let missed = browser.evaluate(&format!("{ALL}.filter(e => !e.reached).map(e => e.outerHTML.slice(0, 80))"));
    assert_eq!(missed, json!([]));
    assert!(all > 8, "{all} controls");
}

fn a_flamegraph_zooms(browser: &mut Browser) {
    let inside = "document.querySelector('iframe').contentDocument";
    let frames = browser.evaluate(&format!("{inside}.querySelectorAll('#frames g').length")).as_u64();
    assert!(frames >= Some(6), "{frames:?} frames");
    let zoomed = browser.evaluate(&format!(
        "(() => {{ const d = {inside}; const g = [...d.querySelectorAll('#frames g')].find(g => g.textContent.includes('realloc'));
            const before = g.querySelector('rect').getBBox().width;
            g.querySelector('rect').dispatchEvent(new MouseEvent('click', {{ bubbles: true }}));
            return [before, g.querySelector('rect').getBBox().width, d.documentElement.clientWidth]; }})()"
    ));
    let [before, after, all] = [0, 1, 2].map(|i| zoomed[i].as_f64().expect("a width"));
    assert!(after > 3.0 * before && after > 0.9 * all, "{zoomed}");
}
