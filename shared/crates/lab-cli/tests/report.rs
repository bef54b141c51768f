//! The report and the board: what is on them, and what they say of files that are old, broken or missing.

mod checkout;
mod report_fixture;

use std::os::unix::fs::PermissionsExt;

use report_fixture::{EVIL, LAB, Room, flamegraph, json_of, text, verdicts};
use serde_json::json;

#[test]
fn an_empty_checkout_gives_a_page_that_says_so() {
    let room = Room::new();
    let ran = room.lab(&["report"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("wrote target/lab/report.html"), "{}", ran.stdout);
    let page = room.checkout.read("target/lab/report.html");
    assert!(page.contains("Nothing has been run yet") && page.contains("make lab-01"));
}

#[test]
fn files_that_are_old_half_written_or_something_else_are_named_and_hide_nothing() {
    let room = Room::worked_in();
    let [solved] = &verdicts()[2..] else { panic!("three") };
    let older =
        json!({ "schema": 1, "at": 1_795_400_000, "seed": 11, "outcome": "wrong_answer", "reason": "an old reason" });
    room.keep("runs/verify-1-older.json", &older.to_string());
    room.keep("runs/verify-2-half.json", &json_of(solved)[..300]);
    room.keep("runs/verify-3-newer.json", &json!({ "schema": 99 }).to_string());
    room.keep("runs/verify-4-other.json", "[1, 2]");
    room.keep("heap/yours/run.json", "");
    room.keep("offcpu/yours/flamegraph.svg", &format!("<svg>{}</svg>", " ".repeat(4 << 20)));
    room.keep("offcpu/reference/run.json/what", "a folder");
    let kept = room.checkout.root.join(format!("target/lab/{LAB}"));
    std::fs::write(kept.join("runs/verify-5-bytes.json"), [0xff, 0xfe]).expect("written");
    std::os::unix::fs::symlink("nowhere", kept.join("runs/verify-6-gone.json")).expect("linked");

    let out = room.path("folder/and page.html");
    let ran = room.lab(&["report", "1", "--out", text(&out)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("9 of the kept files could not be shown"), "{}", ran.stdout);
    let page = std::fs::read_to_string(out).expect("a page");
    for words in [
        "an older version wrote it (schema 1",
        "half written",
        "a newer version wrote it (schema 99",
        "does not say which schema",
        "it cannot be read",
        "heap/yours/run.json",
        "it is larger than 4 MiB",
        "it is no file",
        "verify-6-gone.json",
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
fn a_file_in_place_of_the_folder_with_the_runs_is_named() {
    let room = Room::new();
    room.keep("runs", "not a folder");
    let page = room.page(&["report", "1"]);
    std::fs::remove_file(room.checkout.root.join(format!("target/lab/{LAB}/runs"))).expect("removed");
    assert!(page.contains("it cannot be listed"), "{page}");
}

#[test]
fn whatever_tool_keeps_a_run_is_on_the_page() {
    let room = Room::worked_in();
    // The smallest size stands in only where there is nothing larger.
    room.keep("profile/original-smallest/flamegraph.svg", &flamegraph("left out", &["a 1"]));
    room.keep("profile/reference-smallest/flamegraph.svg", &flamegraph("stands in", &["a 1"]));
    let page = room.page(&["report", "1"]);
    let mut at = 0;
    for words in [
        "Where the time goes",
        "flamegraph of lab-01-string-building, profile original",
        "flamegraph of lab-01-string-building, profile reference",
        "What changed",
        "from original to yours",
        "flamegraph of lab-01-string-building, flamediff",
        "flamegraph-reverse of lab-01-string-building, flamediff",
        "Frames that changed most",
        "Where it waits",
        "Who asks for memory",
        "Allocation sites, by bytes",
        "Allocation sites, by blocks",
        "flamegraph of lab-01-string-building, heap original",
        "Tasks by spawn site",
        "weather",
        "Clouds",
    ] {
        at += page[at..].find(words).unwrap_or_else(|| panic!("{words} is not there, or not after the one before"));
    }
    assert!(page.contains("stands in") && !page.contains("left out"));
}

#[test]
fn what_was_kept_of_the_baseline_is_the_originals() {
    let room = Room::worked_in();
    let kept = room.checkout.root.join(format!("target/lab/{LAB}"));
    // An older version called the folder and the subject so.
    std::fs::rename(kept.join("reproduce/original"), kept.join("reproduce/baseline")).expect("renamed");
    let run = std::fs::read_to_string(kept.join("reproduce/baseline/run.json")).expect("a run");
    room.keep("reproduce/baseline/run.json", &run.replace("\"original\"", "\"baseline\""));
    // Beside one of this version it is the older of two.
    room.keep("profile/baseline/flamegraph.svg", &flamegraph("an older run", &["a 1"]));
    let page = room.page(&["report", "1"]);
    assert!(page.contains("The run: original") && !page.contains("an older run"), "{page}");
    let body = page.split_once("<body").expect("a body").1;
    assert!(!body.contains("baseline"), "{body}");
}

#[test]
fn the_solution_shows_after_solved_or_on_request() {
    let room = Room::worked_in();
    let page = room.page(&["report"]);
    assert!(page.contains("+++ solutions/solution-01") && !page.contains("+++ solutions/solution-04"));
    let progress = || std::fs::read_to_string(room.state().join("progress.json")).expect("progress");
    assert!(!progress().contains("\"saw_solution\": true"));

    assert!(room.page(&["report", "04", "--solution-diff"]).contains("+++ solutions/solution-04"));
    assert!(progress().contains("\"saw_solution\": true"));
}

#[test]
fn a_board_has_everyone_and_names_what_it_skips() {
    let room = Room::worked_in();
    let class = room.handed_over();
    let ran = room.lab(&["board", text(&class)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("skipped half.json: it ends in the middle"), "{}", ran.stderr);
    let page = std::fs::read_to_string(class.join("board.html")).expect("a board");
    assert!(page.contains("3 learners") && page.contains("Jonas") && page.contains("half.json"));
    assert!(!page.contains(EVIL) && page.contains("&lt;script&gt;"));
}

#[test]
fn a_board_of_nobody_and_of_two_hundred() {
    let room = Room::worked_in();
    let class = room.path("class");
    std::fs::create_dir(&class).expect("created");
    let nobody = room.lab(&["board", text(&class)]);
    assert_eq!(nobody.code, 0, "{}", nobody.stderr);
    assert!(nobody.stderr.contains("no .json file there"), "{}", nobody.stderr);

    let handed = room.lab(&["report", "--json"]).stdout;
    for learner in 0..200 {
        std::fs::write(class.join(format!("{learner:03}.json")), &handed).expect("written");
    }
    let page = room.page(&["board", text(&class)]);
    // Who gives no name is called by the file.
    assert!(page.contains("200 learners") && page.contains(">000<") && page.contains(">199<"), "{page}");
}

#[test]
fn a_page_that_cannot_be_written_says_what_to_do() {
    let room = Room::new();
    let folder = room.path("folder");
    std::fs::create_dir(&folder).expect("created");
    let said = |arguments: &[&str], code: i32, words: &str| {
        let ran = room.lab(arguments);
        assert!(ran.code == code && ran.stderr.contains(words), "{arguments:?}: {} {}", ran.code, ran.stderr);
    };
    said(&["report", "--out", text(&folder)], 2, "--out names a file, such as");
    said(&["board", text(&folder), "--out", text(&folder)], 2, "--out names a file, such as");
    said(&["board", "nowhere"], 2, "nowhere is no folder");
    said(&["board", "Cargo.toml"], 2, "Cargo.toml is no folder");
    said(&["report", "--out", "Cargo.toml/page.html"], 3, "name another file with --out");
}

#[test]
fn what_is_handed_over_has_results_and_no_code() {
    let room = Room::worked_in();
    let ran = room.lab(&["report", "--json", "--name", "Ines"]);
    let handed: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((handed["schema"].as_u64(), handed["name"].as_str()), (Some(1), Some("Ines")));
    assert_eq!(handed["labs"][0]["progress"]["hints"], 2);
    assert_eq!(handed["labs"][0]["attempts"].as_array().map(Vec::len), Some(3));
    assert!(!ran.stdout.contains("fn "));
}

#[test]
fn a_page_is_opened_without_a_shell() {
    let room = Room::new();
    let (bin, out) = (room.path("bin"), room.path("page; touch x.html"));
    let opener = bin.join(if cfg!(target_os = "macos") { "open" } else { "xdg-open" });
    std::fs::create_dir(&bin).expect("created");
    std::fs::write(&opener, "#!/bin/sh\nprintf '%s|' \"$@\" > \"$0.tmp\"\nmv \"$0.tmp\" \"$0.said\"\n")
        .expect("written");
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH"));
    let opened = room.command(&["report", "--open", "--out", text(&out)]).env("PATH", path).output().expect("lab runs");
    assert!(opened.status.success());
    let said = opener.with_file_name(format!("{}.said", opener.file_name().expect("a name").display()));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !said.exists() {
        assert!(std::time::Instant::now() < until, "nothing was opened");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(std::fs::read_to_string(said).expect("said"), format!("{}|", out.display()));
}
