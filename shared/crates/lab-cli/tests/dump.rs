//! `lab dump`, with the real gdb and a program that really is in a deadlock: who holds what, and that it goes on.

#![cfg(target_os = "linux")]

mod checkout;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use checkout::processes::{assert_nothing_is_left, signal};
use checkout::{Ran, is_installed, ran, repository};
use serde_json::Value;
use tempfile::TempDir;

fn has_gdb() -> bool {
    is_installed("gdb", "dumps are taken with gdb (apt-get install gdb)")
}

/// The bank of dump_fixture/deadlock.rs, open. It ends when its standard input closes.
struct Bank {
    program: Child,
    folder: TempDir,
}

impl Bank {
    fn open(flags: &[&str]) -> Bank {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dump_fixture/deadlock.rs");
        // gdb has words of its own for such a name.
        let program = folder.path().join(r#"the "bank\ here"#).join("deadlock");
        std::fs::create_dir(program.parent().expect("a folder")).expect("created");
        let compiled = Command::new("rustc")
            .args(["-O", "--edition", "2024", "-o"])
            .arg(&program)
            .args(flags)
            .arg(source)
            .env("LC_ALL", "C")
            .output();
        let compiled = ran(compiled.expect("rustc runs"));
        assert_eq!(compiled.code, 0, "{}", compiled.stderr);
        Bank::of(folder, &program)
    }

    /// The same bank with parking_lot's locks, as its package and Cargo's release build make it.
    fn with_parking_lot() -> Bank {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let package = folder.path().join("deadlock-package");
        std::fs::create_dir_all(package.join("src")).expect("made");
        let write = |name: &str, text: &str| std::fs::write(package.join(name), text).expect("written");
        let manifest = "[package]\nname = \"deadlock\"\nedition = \"2024\"\n[dependencies]\nparking_lot = \"0.12\"\n\
                        [profile.release]\ndebug = 2\n[workspace]\n";
        write("Cargo.toml", manifest);
        write("src/main.rs", include_str!("dump_fixture/parking_lot.rs"));
        // The version that the workspace has, so that there is nothing to fetch.
        std::fs::copy(repository().join("Cargo.lock"), package.join("Cargo.lock")).expect("copied");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--offline", "--quiet", "--message-format", "json"]).current_dir(&package);
        let compiled = ran(cargo.env("CARGO_TARGET_DIR", package.join("target")).output().expect("cargo runs"));
        assert_eq!(compiled.code, 0, "{}", compiled.stderr);
        // Where it is depends on the target that somebody's Cargo builds for.
        let messages = compiled.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let program = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next();
        Bank::of(folder, &program.expect("cargo built a program"))
    }

    fn of(folder: TempDir, program: &Path) -> Bank {
        let mut program = Command::new(program)
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut line = String::new();
        BufReader::new(program.stdout.as_mut().expect("piped")).read_line(&mut line).expect("read");
        assert_eq!(line, "open\n");
        Bank { program, folder }
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        checkout::processes::take_the_defaults_for_our_children();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
        command.arg("dump").args(arguments).current_dir(repository()).stdin(Stdio::null());
        command.env("CARGO_TARGET_DIR", self.target()).env("LAB_STATE", self.folder.path());
        command
    }

    fn dump(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().expect("lab runs"))
    }

    fn pid(&self) -> String {
        self.program.id().to_string()
    }

    /// CPU time of the clerk, who has nothing to do with any lock.
    fn has_worked_ns(&self) -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.program.id())).expect("it runs");
        let of = |text: String| -> u64 { text.split(' ').next().and_then(|ns| ns.parse().ok()).expect("a time") };
        tasks
            .map(|task| of(std::fs::read_to_string(task.expect("a thread").path().join("schedstat")).expect("read")))
            .sum()
    }

    fn assert_works(&self) {
        let (before, until) = (self.has_worked_ns(), Instant::now() + Duration::from_secs(10));
        while self.has_worked_ns() == before {
            assert!(Instant::now() < until, "the clerk no longer works");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr))
}

/// A thread by a function that it is in.
fn inside<'a>(view: &'a Value, function: &str) -> &'a Value {
    let is_in = |thread: &&Value| {
        let mut frames = thread["frames"].as_array().expect("frames").iter();
        frames.any(|frame| frame["own"] == true && frame["function"] == format!("deadlock::{function}"))
    };
    let threads = view["threads"].as_array().expect("threads");
    threads.iter().find(is_in).unwrap_or_else(|| panic!("nobody is in {function}: {view:#}"))
}

/// The two who wait for each other, by what they hold and want.
fn assert_deadlock(view: &Value) {
    let (transfer, close) = (inside(view, "transfer"), inside(view, "close_the_day"));
    let held = |thread: &Value| {
        assert_eq!(thread["holds"].as_array().map(Vec::len), Some(1), "{thread:#}");
        thread["holds"][0].clone()
    };
    let (accounts, journal) = (held(transfer), held(close));
    assert_eq!((&accounts["variable"], &journal["variable"]), (&"accounts".into(), &"journal".into()));
    assert!(accounts["data"].as_str().is_some_and(|data| data.contains("Vec<i64")), "{accounts}");
    assert!(journal["data"].as_str().is_some_and(|data| data.contains("BTreeMap<u64")), "{journal}");
    assert_eq!(transfer["waits"]["lock"], journal["lock"]);
    assert_eq!(close["waits"]["lock"], accounts["lock"]);

    let cycles = view["cycles"].as_array().expect("cycles");
    assert_eq!(cycles.len(), 1, "{cycles:?}");
    let threads: Vec<&Value> = cycles[0].as_array().expect("steps").iter().map(|step| &step["thread"]).collect();
    assert_eq!(threads.len(), 2);
    assert!(threads.contains(&&transfer["number"]) && threads.contains(&&close["number"]), "{cycles:?}");

    // The auditor queues behind them, with a lock of another kind.
    let auditor = inside(view, "audit");
    assert_eq!(auditor["waits"]["lock"], accounts["lock"]);
    assert_eq!(
        (&auditor["holds"][0]["kind"], &auditor["holds"][0]["variable"]),
        (&"RwLockRead".into(), &"rates".into())
    );
    let main = inside(view, "main");
    assert!(main["waits"].is_null() && main["holds"] == Value::Array(Vec::new()), "{main:#}");
}

#[test]
fn a_deadlock_is_named_and_its_core_shows_it_again_while_the_program_goes_on() {
    if !has_gdb() {
        return;
    }
    let bank = Bank::open(&["-Cdebuginfo=2"]);
    let kept = bank.target().join("lab/dump/deadlock");

    let refused = bank.dump(&["--pid", &bank.pid(), "--max-mib", "0"]);
    assert_eq!(refused.code, 3, "{}", refused.stdout);
    assert!(refused.stderr.contains("--max-mib") && refused.stderr.contains("--no-core"), "{}", refused.stderr);
    assert!(!kept.join("core").exists() && !kept.join("core.unfinished").exists());

    let seen = bank.dump(&["--pid", &bank.pid(), "--json"]);
    assert_eq!(seen.code, 0, "{}", seen.stderr);
    assert_eq!(seen.stderr, "", "gdb's own noise stays away");
    let view = json(&seen);
    assert_deadlock(&view);
    // Who has a type of the bank's own with a guard's name is in nobody's way.
    let writer = inside(&view, "write_slip");
    assert!(writer["waits"].is_null() && writer["holds"] == Value::Array(Vec::new()), "{writer:#}");
    assert_eq!(inside(&view, "transfer")["name"], "teller-1");
    assert_eq!(inside(&view, "close_the_day")["name"], "teller-2");
    let clerk = view["threads"].as_array().expect("threads").iter().find(|thread| thread["name"] == "clerk");
    assert!(clerk.and_then(|clerk| clerk["cpu_share"].as_f64()).is_some_and(|share| share > 0.0), "{clerk:?}");
    bank.assert_works();

    let core = kept.join("core");
    let bytes = core.metadata().expect("a core").len();
    assert_eq!(view["core"]["bytes"], bytes);
    assert!(bytes < 64 << 20, "{bytes} bytes");
    assert!(kept.join("view.txt").is_file() && kept.join("program").is_file());

    let again = bank.dump(&["--core", core.to_str().expect("Unicode")]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let words = again.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("DEADLOCK") && words.contains("teller-1 waits for"), "{}", again.stdout);

    // Alone, it still knows its program, and no names.
    let alone = bank.folder.path().join("core");
    std::fs::rename(&core, &alone).expect("moved");
    let again = bank.dump(&["--core", alone.to_str().expect("Unicode"), "--json"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_deadlock(&json(&again));
    assert!(json(&again)["threads"][0]["name"].is_null());
}

#[test]
fn locks_of_parking_lot_are_named_where_the_compiler_has_not_kept_the_variable() {
    if !has_gdb() {
        return;
    }
    let bank = Bank::with_parking_lot();
    let seen = bank.dump(&["--pid", &bank.pid(), "--no-core", "--json"]);
    assert_eq!(seen.code, 0, "{}", seen.stderr);
    assert_deadlock(&json(&seen));
    bank.assert_works();
}

#[test]
fn whoever_interrupts_a_dump_leaves_the_program_running_and_nothing_else() {
    if !has_gdb() {
        return;
    }
    let bank = Bank::open(&["-Cdebuginfo=2"]);
    for (by, after_ms) in [("INT", 200), ("TERM", 300), ("INT", 1_600), ("TERM", 1_800), ("KILL", 1_700)] {
        let mut dump = bank.command(&["--pid", &bank.pid()]);
        let mut dump = dump.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("lab runs");
        std::thread::sleep(Duration::from_millis(after_ms));
        signal(dump.id(), by);
        dump.wait().expect("it ends");
        assert_nothing_is_left(bank.folder.path(), by);
        bank.assert_works();
    }
}

#[test]
fn what_was_built_without_the_types_of_variables_says_how_to_build() {
    if !has_gdb() {
        return;
    }
    let bank = Bank::open(&["-Cdebuginfo=1"]);
    let lines_only = bank.dump(&["--pid", &bank.pid(), "--no-core"]);
    assert_eq!(lines_only.code, 0, "{}", lines_only.stderr);
    for words in ["deadlock::transfer", "waits for a", "nobody knows who holds what", "CARGO_PROFILE_RELEASE_DEBUG=2"] {
        assert!(lines_only.stdout.contains(words), "{words}: {}", lines_only.stdout);
    }
    assert!(!lines_only.stdout.contains("DEADLOCK"));
    assert!(!bank.target().join("lab").exists(), "only looked");

    let bank = Bank::open(&["-Cstrip=symbols"]);
    let stripped = bank.dump(&["--pid", &bank.pid(), "--no-core"]);
    assert_eq!(stripped.code, 0, "{}", stripped.stderr);
    assert!(stripped.stdout.contains("stripped"), "{}", stripped.stdout);
}

#[test]
fn what_cannot_be_looked_at_says_so() {
    if !has_gdb() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dump = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
        command.arg("dump").args(arguments).current_dir(repository()).env("CARGO_TARGET_DIR", folder.path());
        ran(command.stdin(Stdio::null()).output().expect("lab runs"))
    };
    let nobody = dump(&["--pid", "2147483647"]);
    assert_eq!(nobody.code, 2);
    assert!(nobody.stderr.contains("no process has the number 2147483647"), "{}", nobody.stderr);
    assert_eq!(dump(&[]).code, 2);
    let absent = dump(&["--core", "/no/such/core"]);
    assert_eq!(absent.code, 3);
    assert!(absent.stderr.contains("/no/such/core"), "{}", absent.stderr);
    let no_core = folder.path().join("text");
    std::fs::write(&no_core, "not a core\n").expect("written");
    let text = dump(&["--core", no_core.to_str().expect("Unicode")]);
    assert_eq!(text.code, 3);
    assert!(text.stderr.contains("not a core"), "{}", text.stderr);
}

#[test]
fn without_gdb_it_says_how_to_get_it_before_it_builds() {
    let nowhere = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
    command.args(["dump", "--pid", "1"]).current_dir(repository()).env("PATH", nowhere.path());
    let ran = ran(command.stdin(Stdio::null()).output().expect("lab runs"));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    for words in ["gdb is not installed", "apt-get install gdb"] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}
