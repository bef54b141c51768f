//! The screen from documents, at sizes, without a terminal.

use std::path::Path;
use std::time::Duration;

use lab_results::Verdict;
use serde_json::{Value, json};

use super::*;
use lab_core::catalogue;

const SMALL: Size = Size { columns: 60, rows: 20 };

const DECLARED: &str = r#"
    [package]
    name = "lab-01-string-building"
    description = "The carrier's manifest is late on every busy night"

    [package.metadata.lab]
    part = 1
    minutes = 35
    kind = "kernel"
    edit = "src/manifest.rs"
    tools = []
    culprit = "carrier_manifest"
    contract = "contract::CarrierManifest"
    function = "manifest::carrier_manifest"
    faster = 2.0

    [[package.metadata.lab.gates]]
    count = "bytes"
    says = "bytes requested from the allocator for each byte of the manifest"
    at_most = 8
    hint = 2
"#;

/// A screen on which a phase has found this.
fn view(document: &Value, phase: Phase) -> View {
    let lab = catalogue::declared(Path::new("labs/lab-01-string-building"), DECLARED).expect("a declaration");
    let mut view = View::new(&lab);
    let verdict: Verdict = serde_json::from_value(document.clone()).expect("a verdict");
    view.found(Ending::Verdict(Box::new(verdict), Vec::new()), phase);
    view
}

fn verdict() -> Value {
    let counts = |subject: &str, bytes: f64| json!({ "subject": subject, "size": 6914, "unit": "lines", "counts": { "bytes": bytes, "other": 1.0 } });
    let ratio = |name: &str, median: f64, finding: &str| {
        let interval = json!({ "median": median, "low": median * 0.9, "high": median * 1.1, "samples": 100 });
        json!({ "name": name, "ratio": interval, "finding": finding, "margin": 0.02, "clock": "wall", "size": 1000,
                "size_unit": "orders", "unit": "us",
                "medians": [1.0, 1.0], "workers": 4 })
    };
    json!({
        "schema": 3, "lab": "lab-01-string-building", "seed": 41089, "at": 0, "outcome": "not_yet",
        "reason": "bytes: found 10,369, allowed <= 8", "cases": 60,
        "gates": [
            { "count": "bytes", "says": "bytes requested from the allocator for each byte of the manifest", "limit": "<= 8",
              "found": "10,369", "status": "missed", "missed_by": 1296.0, "hint": 2 },
            { "count": "bytes", "says": "growth of bytes with the lines", "limit": "at most n", "found": "n (slope 1.00)",
              "status": "passed", "hint": 3 },
        ],
        "counts": [counts("original", 10_369.0), counts("yours", 10_369.0), counts("reference", 3.07)],
        "growth": [],
        "ratios": [ratio("original / yours", 1.0, "same"), ratio("reference / reference", 1.0, "same")],
        "captured": 0.0, "hints_used": 0, "machine": "a machine", "load": 0.5, "seconds": 9.06,
    })
}

fn texts(view: &View, now: Instant, size: Size) -> Vec<String> {
    view.lines(now, size).iter().map(|line| line.text().trim_end().to_string()).collect()
}

#[test]
fn a_verdict_on_sixty_columns_and_twenty_rows() {
    let now = Instant::now();
    let view = view(&verdict(), Phase::Complete);
    let expected = [
        "lab 01 string-building  src/manifest.rs, not saved yet",
        "The carrier's manifest is late on every busy night",
        "",
        "NOT YET  9.1 s, seed 41089, load 0.5",
        "",
        "MISS  bytes requested from the allocator for each byte of",
        "      the manifest",
        "      found 10,369, allowed <= 8, 1,296x too much",
        "pass  growth of bytes with the lines",
        "",
        "count at 6,914 lines  original   yours  reference",
        "bytes                   10,369  10,369       3.07",
        "original: as you got it. reference: the solution.",
        "",
        "wall time                  ratio      interval  margin",
        "original / yours, 1,000    1.00x  0.90x..1.10x   1.02x  same",
        "orders",
        "noise now, 1,000 orders    1.00x  0.90x..1.10x   1.02x  same",
        "6 more below (arrow keys)",
        "h hint   a diagnosis   v verify again   d diff   q quit",
    ];
    assert_eq!(texts(&view, now + Duration::from_secs(5), SMALL), expected);
}

#[test]
fn no_line_is_too_wide_and_no_screen_too_high() {
    let now = Instant::now();
    let mut hostile = verdict();
    let long = "\u{1b}[2J注文 \u{202e}".repeat(300) + &"\n".repeat(300);
    hostile["gates"][0]["found"] = Value::from(long.clone());
    hostile["gates"][0]["says"] = Value::from(long.clone());
    hostile["ratios"][0]["name"] = Value::from(long.clone());
    let mut shown = vec![view(&verdict(), Phase::Complete), view(&hostile, Phase::Complete)];
    for outcome in ["invalid", "wrong_answer", "inconclusive"] {
        let mut document = hostile.clone();
        (document["outcome"], document["gates"], document["reason"]) = (outcome.into(), json!([]), long.clone().into());
        shown.push(view(&document, Phase::Counts));
    }
    let mut failed = shown[0].clone();
    failed.found(Ending::Failed(long.clone()), Phase::Counts);
    failed.begin(long.clone(), now);
    failed.notice = long.clone();
    let mut hinted = shown[0].clone();
    hinted.show(Some(Hint { level: 4, text: format!("# Hint 4\n\n{long}") }));
    shown.extend([failed, hinted]);
    for (view, columns, rows) in shown
        .iter()
        .flat_map(|view| [1, 7, 8, 20, 59, 60, 61, 200].map(|columns| (view, columns, [1, 6, 7, 8, 20, 50])))
    {
        for rows in rows {
            let lines = view.lines(now, Size { columns, rows });
            assert!(lines.len() <= rows);
            for line in lines {
                assert!(line.width() <= columns, "{columns} columns: {line:?}");
                assert!(!line.text().chars().any(char::is_control), "{line:?}");
            }
        }
    }
}

#[test]
fn counts_alone_solve_nothing() {
    let now = Instant::now();
    let mut document = verdict();
    (document["outcome"], document["gates"][0]["status"]) = ("solved".into(), "passed".into());
    let mut view = view(&document, Phase::Counts);
    view.begin("Timing".into(), now);
    assert_eq!(texts(&view, now + Duration::from_secs(3), SMALL)[3], "COUNTS PASS  3 s  Timing");
    let Some((found, _)) = view.result.clone() else { panic!("it has a result") };
    view.found(found, Phase::Complete);
    assert_eq!(texts(&view, now, SMALL)[3], "SOLVED  9.1 s, seed 41089, load 0.5");
}

#[test]
fn what_was_found_before_the_save_is_grey_and_says_so() {
    let now = Instant::now();
    let mut view = view(&verdict(), Phase::Complete);
    view.saved(now);
    view.begin("Building: compiling lab-01".into(), now);
    view.begin("Building: compiling lab-01-judge".into(), now + Duration::from_secs(3));
    let lines = view.lines(now + Duration::from_secs(4), SMALL);
    assert_eq!(lines[3].text(), "4 s  Building: compiling lab-01-judge  (before: NOT YET)");
    assert!(lines[5].text().starts_with("MISS"));
    assert_eq!(lines[5], lines[5].clone().quiet());
    view.begin("Counting".into(), now + Duration::from_secs(4));
    assert_eq!(texts(&view, now + Duration::from_secs(5), SMALL)[3], "1 s  Counting  (before: NOT YET)");
}

#[test]
fn what_never_ran_took_no_seconds() {
    let now = Instant::now();
    let mut document = verdict();
    (document["outcome"], document["seconds"]) = ("invalid".into(), json!(0.0));
    assert_eq!(texts(&view(&document, Phase::Counts), now, SMALL)[3], "INVALID  seed 41089, load 0.5");
}

#[test]
fn the_first_error_comes_first_and_the_rest_can_be_scrolled_to() {
    let now = Instant::now();
    let mut document = verdict();
    let errors: Vec<String> = (1..=30).map(|line| format!("  | line {line}")).collect();
    let words =
        format!("it does not compile\nwarning: unused\n\nerror[E0308]: mismatched types\n{}\n", errors.join("\n"));
    (document["outcome"], document["gates"], document["reason"]) = ("invalid".into(), json!([]), words.into());
    (document["counts"], document["ratios"]) = (json!([]), json!([]));
    let mut view = view(&document, Phase::Counts);
    let rows = texts(&view, now, SMALL);
    assert_eq!((rows[5].as_str(), rows[6].as_str()), ("error[E0308]: mismatched types", "  | line 1"));
    assert_eq!(rows[18], "20 more below (arrow keys)");
    view.scroll(1, now, SMALL);
    assert_eq!(texts(&view, now, SMALL)[18], "1 above, 19 more below");
    view.scroll(1_000, now, SMALL);
    let rows = texts(&view, now, SMALL);
    assert_eq!((rows[16].as_str(), rows[18].as_str()), ("warning: unused", "20 above, 0 more below"));
    view.scroll(-1, now, SMALL);
    assert_eq!(texts(&view, now, SMALL)[18], "19 above, 1 more below", "there was nothing to scroll beyond the end");
    view.saved(now);
    assert_eq!(texts(&view, now, SMALL)[5], "error[E0308]: mismatched types");
}

#[test]
fn the_value_that_is_wrong_is_shown_whole() {
    let now = Instant::now();
    let mut document = verdict();
    let reason = format!("case: an order\nexpected: {}\ngot: nothing", "0123456789".repeat(10));
    (document["outcome"], document["gates"], document["reason"]) = ("wrong_answer".into(), json!([]), reason.into());
    let rows = texts(&view(&document, Phase::Counts), now, SMALL);
    let tail = "0123456789".repeat(4);
    assert_eq!(rows[5..10], ["case: an order", "expected:", &"0123456789".repeat(6), &tail, "got: nothing"]);
}

#[test]
fn a_missing_file_says_how_to_get_it_back() {
    let now = Instant::now();
    let mut view = view(&verdict(), Phase::Complete);
    view.doing = Doing::Missing;
    let wide = Size { columns: 80, rows: 24 };
    assert_eq!(texts(&view, now, wide)[3], "GONE  src/manifest.rs is not there. Put it back, or: make reset-01");
    assert_eq!(
        texts(&view, now, SMALL)[3..5],
        ["GONE  src/manifest.rs is not there. Put it back, or: make", "reset-01"]
    );
}

#[test]
fn a_hint_is_set_anew_for_the_width() {
    let now = Instant::now();
    let mut view = view(&verdict(), Phase::Complete);
    let text = "# Hint 1: read\n\nDivide neighbouring rows: allocations by allocations, then\nCPU time by CPU time.\n\n- a list\n- stays one\n";
    view.show(Some(Hint { level: 1, text: text.into() }));
    let rows = texts(&view, now, SMALL);
    assert_eq!(
        rows[5..12],
        [
            "Hint 1 of 4: the symptom",
            "",
            "Divide neighbouring rows: allocations by allocations, then",
            "CPU time by CPU time.",
            "",
            "- a list",
            "- stays one",
        ]
    );
    assert_eq!(rows[19], "h next hint   esc back   q quit");
    view.show(None);
    assert!(texts(&view, now, SMALL)[5].starts_with("MISS"));
}

#[test]
fn a_save_is_one_only_when_it_was_seen() {
    let now = Instant::now();
    let mut view = view(&verdict(), Phase::Complete);
    assert!(texts(&view, now + Duration::from_secs(11), SMALL)[0].ends_with("src/manifest.rs, not saved yet"));
    view.saved(now);
    assert!(texts(&view, now + Duration::from_secs(11), SMALL)[0].ends_with("src/manifest.rs, saved 11 s ago"));
    assert!(texts(&view, now + Duration::from_secs(125), SMALL)[0].ends_with("src/manifest.rs, saved 2 min ago"));
}

/// Every lab's gates, and what a key is answered with, on the smallest terminal that people have.
#[test]
fn at_eighty_columns_no_sentence_that_matters_is_cut() {
    let now = Instant::now();
    let labs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../labs");
    let folders = std::fs::read_dir(labs).expect("labs").map(|entry| entry.expect("an entry").path());
    for folder in folders.filter(|folder| folder.join("Cargo.toml").is_file()) {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("reads");
        let lab = catalogue::declared(&folder, &manifest).expect("is declared");
        let mut document = verdict();
        document["gates"] = lab.meta.gates.iter().map(|gate| json!({
            "count": gate.count, "says": gate.says, "limit": "<= 1,234,567", "found": "123,456,789", "status": "missed",
            "missed_by": 100_000.0, "hint": 1,
        })).collect();
        let mut view = View::new(&lab);
        let verdict: Verdict = serde_json::from_value(document).expect("a verdict");
        view.found(
            Ending::Verdict(Box::new(verdict), vec![format!("{} is edited. {}", lab.name, "A note. ".repeat(20))]),
            Phase::Complete,
        );
        view.notice =
            "You have not read hint 4 yet. h shows the next one, and this sentence goes on for longer than a line."
                .into();
        view.saved(now);
        view.begin("Building: compiling a-crate-with-a-very-long-name-indeed, 143 of 168 done, and more".into(), now);
        let shown = texts(&view, now, Size { columns: 80, rows: 60 }).join(" ");
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        for gate in &lab.meta.gates {
            assert!(shown.contains(&gate.says), "{}: {}\n{shown}", lab.name, gate.says);
        }
        for whole in [lab.symptom.as_str(), view.notice.as_str(), "done, and more (before: NOT YET)"] {
            assert!(shown.contains(whole), "{}: {whole}\n{shown}", lab.name);
        }
        assert!(!shown.contains('…'), "{}: {shown}", lab.name);
    }
}

#[test]
fn a_time_says_by_which_clock() {
    let now = Instant::now();
    let shown = |clocks: [&str; 2]| {
        let mut document = verdict();
        for (ratio, clock) in clocks.iter().enumerate() {
            document["ratios"][ratio]["clock"] = Value::from(*clock);
        }
        texts(&view(&document, Phase::Complete), now, Size { columns: 80, rows: 30 }).join("\n")
    };
    assert!(shown(["wall", "wall"]).contains("\nwall time "));
    assert!(shown(["thread CPU", "process CPU"]).contains("\nCPU time "));
    let mixed = shown(["thread CPU", "wall"]);
    let row = |begins: &str| mixed.lines().find(|line| line.starts_with(begins)).unwrap_or_default().to_string();
    assert!(row("original / yours").contains("  CPU time  ") && row("noise now").contains("  wall time  "), "{mixed}");
    assert!(!mixed.contains('…'), "{mixed}");
}

#[test]
fn what_a_lab_demands_of_the_time_stands_below_the_ratios_also_before_it_is_missed() {
    let mut document = verdict();
    (document["outcome"], document["reason"]) = ("solved".into(), "right answers".into());
    document["ratios"][0]["clock"] = "process CPU".into();
    let shown = texts(&view(&document, Phase::Complete), Instant::now(), Size { columns: 80, rows: 30 });
    assert!(shown.contains(&"* This lab needs at least 2x in each row with this mark.".to_string()), "{shown:?}");
    let marked: Vec<_> = shown.iter().filter(|line| line.contains("\u{a0}*")).collect();
    assert!(marked.len() == 1 && marked[0].starts_with("original / yours"), "{shown:?}");
}

#[test]
fn each_noise_says_what_it_is_the_noise_of() {
    let mut document = verdict();
    document["ratios"][0]["name"] = "sign-in p99: reference / reference".into();
    document["ratios"][1]["name"] = "CPU a request: reference / reference".into();
    let shown = texts(&view(&document, Phase::Complete), Instant::now(), Size { columns: 80, rows: 30 }).join("\n");
    assert!(shown.contains("sign-in p99: noise now") && shown.contains("CPU a request: noise now"), "{shown}");
    assert!(shown.contains("noise now: the reference against itself."), "{shown}");
}

#[test]
fn a_count_that_is_not_there_is_not_measured() {
    let mut document = verdict();
    (document["gates"][0]["status"], document["gates"][0]["found"]) = ("unknown".into(), "not measured".into());
    let shown = texts(&view(&document, Phase::Complete), Instant::now(), SMALL).join("\n");
    assert!(shown.contains("\n      not measured, allowed <= 8") && !shown.contains("????"), "{shown}");
}
