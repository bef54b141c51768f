//! `lab watch` on a pseudo-terminal, with real builds: what is seen, and what is left behind.

#![cfg(target_os = "linux")]

mod checkout;
mod pseudo_terminal;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use checkout::Checkout;
use checkout::processes::{assert_nothing_is_left, descendants, signal};
use pseudo_terminal::{Terminal, wait};
use serde_json::Value;
use tempfile::TempDir;

const EDITED: &str = "labs/lab-01-string-building/src/manifest.rs";
const SOLUTION: &str = "solutions/solution-01-string-building/src/manifest.rs";
const ATTEMPTS: &str = "solutions/solution-01-string-building/attempts";

/// All tests use the checkout that there is one of.
static ALONE: Mutex<()> = Mutex::new(());

/// A checkout, a state folder of its own, and no other test.
struct Room {
    checkout: Checkout,
    state: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Room {
    fn new() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let state = tempfile::tempdir().expect("a temporary folder");
        Room { checkout: Checkout::to_build_in(), state, _alone: alone }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.checkout.command(arguments);
        command.env("LAB_STATE", self.state.path()).env_remove("LAB_SMOKE");
        command
    }

    fn watch(&self, arguments: &[&str]) -> Terminal {
        Terminal::run(&self.command(&[&["watch", "1"], arguments].concat()), 60, 20, true)
    }

    /// Saves as many editors do: another file, then a rename.
    fn save(&self, text: &str) {
        let temporary = format!("{EDITED}.tmp");
        self.checkout.write(&temporary, text);
        std::fs::rename(self.checkout.root.join(temporary), self.checkout.root.join(EDITED)).expect("renamed");
    }

    fn attempt(&self, name: &str) -> String {
        self.checkout.read(&format!("{ATTEMPTS}/{name}.rs"))
    }

    fn progress(&self) -> Value {
        let all = std::fs::read_to_string(self.state.path().join("progress.json")).unwrap_or("{}".into());
        serde_json::from_str::<Value>(&all).expect("JSON")["lab-01-string-building"].clone()
    }

    fn runs(&self) -> usize {
        let runs = self.checkout.root.join("target/lab/lab-01-string-building/runs");
        std::fs::read_dir(runs).map_or(0, Iterator::count)
    }
}

/// The line that says how it stands.
fn stands(word: &str) -> impl Fn(&[String]) -> bool {
    move |rows| rows[3].starts_with(word)
}

/// A folder in the place of the file that a run is kept in stops everybody, root too.
#[test]
fn what_was_measured_is_shown_where_it_cannot_be_kept() {
    let room = Room::new();
    let kept = "target/lab/lab-01-string-building/reproduce/original-smallest/run.json";
    let in_the_way = room.checkout.root.join(kept);
    let _ = std::fs::remove_file(&in_the_way);
    room.checkout.write(&format!("{kept}/in-the-way"), "");
    let shown = checkout::ran(room.command(&["reproduce", "1", "--smoke"]).output().expect("lab runs"));
    std::fs::remove_dir_all(&in_the_way).expect("removed");
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(shown.stdout.contains("orders") && shown.stdout.contains("The code:"), "{}", shown.stdout);
    assert!(shown.stderr.contains("This run could not be kept"), "{}", shown.stderr);
}

#[test]
fn every_save_is_judged_and_q_leaves_the_terminal_in_order() {
    let room = Room::new();
    let mut terminal = room.watch(&["--quick"]);
    let rows = terminal.wait_until("the first verdict", stands("NOT YET"));
    let screen = rows.join("\n");
    for seen in ["lab 01 string-building", "MISS  bytes requested", "allowed <= 100", "original", "reference", "q quit"]
    {
        assert!(screen.contains(seen), "{seen} is not on\n{screen}");
    }
    assert!(terminal.is_alternate());

    // Before SOLVED it is one's own change that is shown, and nobody's solution.
    terminal.press("d");
    let rows = terminal.wait_for("Press Enter to go back");
    assert!(rows.join(" ").contains("You have changed nothing"), "{rows:?}");
    terminal.press("\r");
    terminal.wait_until("the first verdict again", stands("NOT YET"));
    // A function key ends in a letter, but is none.
    terminal.press("\x1b[15~\x1bOA\x1b[[Axyz\u{e4}");
    terminal.press("h");
    terminal.wait_for("Hint 1 of 4: the symptom");
    terminal.press("\x1b");
    terminal.wait_for("MISS  bytes requested");
    terminal.press("2");
    terminal.wait_for("You have not read hint 2 yet");

    room.save(&room.attempt("invalid-does-not-compile"));
    terminal.wait_until("INVALID", stands("INVALID"));
    terminal.wait_for("error[E0308]");
    room.save(&room.checkout.read(SOLUTION));
    terminal.wait_until("COUNTS PASS", stands("COUNTS PASS"));

    terminal.press("d");
    terminal.wait_for("Press Enter to go back");
    assert!(!terminal.is_alternate(), "the diff stays in the terminal's own history");
    terminal.press("\r");
    terminal.wait_until("COUNTS PASS", stands("COUNTS PASS"));
    terminal.press("a");
    terminal.wait_for("Your choice");
    terminal.press("2\r4\r2\r");
    terminal.wait_for("3 of 3 right");
    terminal.press("\r");
    terminal.wait_until("COUNTS PASS", stands("COUNTS PASS"));
    terminal.resize(100, 30);
    terminal.wait_until("the keys in the last row", |rows| rows.get(29).is_some_and(|row| row.contains("q quit")));

    terminal.press("q");
    assert_eq!(terminal.wait().code(), Some(0));
    terminal.assert_in_order("q");
    assert_nothing_is_left(room.state.path(), "q");
    let progress = room.progress();
    assert_eq!((&progress["hints"], &progress["diagnosis"]), (&Value::from(1), &Value::from("3 of 3")));
    // Quick ones solve nothing, and are no attempts.
    assert_eq!((&progress["attempts"], &progress["solved"]), (&Value::from(0), &Value::from(false)));
}

#[test]
fn counts_come_first_and_only_the_complete_verdict_is_kept() {
    let room = Room::new();
    let mut terminal = room.watch(&["--seed", "7"]);
    terminal.wait_until("counts, then time", |rows| stands("NOT YET")(rows) && rows[3].contains("Timing"));
    assert_eq!((room.progress()["attempts"].clone(), room.runs()), (Value::Null, 0), "counts are not kept");
    // What is being timed is out of date from here on.
    room.save(&room.checkout.read(SOLUTION));
    terminal.wait_until("counts, then time", |rows| stands("COUNTS PASS")(rows) && rows[3].contains("Timing"));
    assert_eq!((room.progress()["attempts"].clone(), room.runs()), (Value::Null, 0), "an ended run is not kept");
    // This machine may be too busy to tell the time; that is a verdict as well.
    terminal.wait_until("a complete verdict", |rows| rows[3].contains("seed 7") && !stands("COUNTS")(rows));
    assert_eq!((room.progress()["attempts"].clone(), room.runs()), (Value::from(1), 1));
    // A typing error is no attempt.
    room.save(&room.attempt("invalid-does-not-compile"));
    terminal.wait_until("INVALID", stands("INVALID"));
    assert_eq!((room.progress()["attempts"].clone(), room.runs()), (Value::from(1), 1));
    terminal.press("\x1b");
    assert_eq!(terminal.wait().code(), Some(0));
    terminal.assert_in_order("Escape");
    assert_nothing_is_left(room.state.path(), "Escape");
}

#[test]
fn a_signal_leaves_the_terminal_in_order_and_nothing_running() {
    let room = Room::new();
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129), ("QUIT", 131)] {
        let mut terminal = room.watch(&[]);
        terminal.wait_for("Counting");
        assert!(descendants(room.state.path()).len() > 1, "a verification is under way");
        signal(terminal.pid(), name);
        assert_eq!(terminal.wait().code(), Some(code), "SIG{name}");
        terminal.assert_in_order(name);
        assert_nothing_is_left(room.state.path(), name);
    }
    let mut terminal = room.watch(&[]);
    terminal.wait_for("Counting");
    terminal.press("\x03");
    assert_eq!(terminal.wait().code(), Some(0), "Ctrl-C is a key here");
    terminal.assert_in_order("Ctrl-C");
    assert_nothing_is_left(room.state.path(), "Ctrl-C");
}

/// Nobody can put the terminal in order after this one, but nothing may go on: not even what would end by itself after 15 s.
#[test]
fn nothing_outlives_a_watch_that_was_killed() {
    let room = Room::new();
    let mut terminal = room.watch(&[]);
    terminal.wait_until("the first verdict", stands("NOT YET"));
    room.save(&room.attempt("invalid-loops"));
    terminal.wait_for("Checking the answers");
    signal(terminal.pid(), "KILL");
    let killed = Instant::now();
    terminal.wait();
    assert_nothing_is_left(room.state.path(), "KILL");
    assert!(killed.elapsed() < Duration::from_secs(10), "it ended by itself");
}

#[test]
fn a_terminal_that_vanishes_ends_what_runs_on_it() {
    let room = Room::new();
    // With and without the signal that a controlling terminal sends when it goes.
    for (verb, is_controlling) in [("watch", true), ("watch", false), ("verify", true)] {
        let mut terminal = Terminal::run(&room.command(&[verb, "1"]), 60, 20, is_controlling);
        terminal.wait_for("Counting");
        let status = wait(&mut terminal.vanish());
        assert_eq!(status.code(), Some(129), "{verb}, controlling: {is_controlling}");
        assert_nothing_is_left(room.state.path(), "a terminal that vanished");
    }
}

#[test]
fn what_a_program_says_is_text_and_no_order_to_the_terminal() {
    let room = Room::new();
    let hostile = "use orderflow::Order;\npub fn carrier_manifest(_: &[Order]) -> String {\n    \
                   panic!(\"\\x1b]0;owned\\x07 \\x1b[?1049l \\x1b[2J\\u{9b}2J and a bell\\x07\")\n}\n";
    let mut terminal = room.watch(&["--quick"]);
    terminal.wait_until("the first verdict", stands("NOT YET"));
    room.save(hostile);
    terminal.wait_until("INVALID", stands("INVALID"));
    terminal.wait_for("and a bell");
    assert!(terminal.is_alternate());
    let bytes = terminal.bytes();
    for order in [&b"\x1b]0;"[..], b"\x1b[?1049l", b"\x07", "\u{9b}".as_bytes()] {
        assert!(!bytes.windows(order.len()).any(|window| window == order), "{order:?} was sent");
    }
    terminal.press("Q");
    assert_eq!(terminal.wait().code(), Some(0));
    terminal.assert_in_order("q");
}

#[test]
fn a_file_that_is_gone_is_waited_for() {
    let room = Room::new();
    let original = room.checkout.read(EDITED);
    let mut terminal = room.watch(&["--quick"]);
    terminal.wait_until("the first verdict", stands("NOT YET"));
    std::fs::remove_dir_all(room.checkout.root.join("labs/lab-01-string-building/src")).expect("removed");
    terminal.wait_until("that it is gone", stands("GONE"));
    terminal.press("v");
    for path in ["src/lib.rs", "src/main.rs", "src/contract.rs", "src/report.rs"] {
        let pristine = checkout::repository().join("labs/lab-01-string-building").join(path);
        if pristine.is_file() {
            let text = std::fs::read_to_string(pristine).expect("read");
            room.checkout.write(&format!("labs/lab-01-string-building/{path}"), &text);
        }
    }
    room.checkout.write(EDITED, &original);
    terminal.wait_until("a verdict again", stands("NOT YET"));
    terminal.press("q");
    assert_eq!(terminal.wait().code(), Some(0));
    assert_nothing_is_left(room.state.path(), "q");
}

#[test]
fn another_run_of_the_same_lab_is_waited_for() {
    let room = Room::new();
    let lock = room.checkout.root.join("target/lab/lab-01-string-building/arena.lock");
    std::fs::create_dir_all(lock.parent().expect("a folder")).expect("created");
    let other = File::create(lock).expect("created");
    other.lock().expect("locked");
    let mut terminal = room.watch(&["--quick"]);
    terminal.wait_for("Another run is comparing");
    drop(other);
    terminal.wait_until("the first verdict", stands("NOT YET"));
    terminal.press("q");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn without_a_terminal_it_prints_a_line_for_each_phase_until_nobody_reads() {
    let room = Room::new();
    let mut child =
        room.command(&["watch", "1", "--quick", "--json"]).stdout(Stdio::piped()).spawn().expect("lab runs");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
    let mut next = || -> Value {
        let line = lines.next().expect("a line").expect("UTF-8");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    let first = next();
    assert_eq!((&first["phase"], &first["verdict"]["outcome"]), (&Value::from("complete"), &Value::from("not_yet")));
    room.save(&room.checkout.read(SOLUTION));
    assert_eq!(next()["verdict"]["outcome"], "counts_pass");
    // The edit of a file that the judge has its own copy of is said beside the verdict.
    let contract = "labs/lab-01-string-building/src/contract.rs";
    room.checkout.write(contract, &format!("{}\n", room.checkout.read(contract)));
    assert!(next()["notes"][0].as_str().is_some_and(|note| note.contains("contract.rs is edited")));
    let mine = room.checkout.read(EDITED);
    std::fs::remove_file(room.checkout.root.join(EDITED)).expect("removed");
    assert_eq!(next()["gone"], "src/manifest.rs");
    room.save(&mine);
    assert_eq!(next()["verdict"]["outcome"], "counts_pass");
    drop(lines);
    assert_eq!(wait(&mut child).code(), Some(0));
    assert_nothing_is_left(room.state.path(), "a reader that left");
}
