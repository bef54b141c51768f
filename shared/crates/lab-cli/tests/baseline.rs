//! What a team types that keeps baselines: its own program, in its own folder, outside a checkout of the labs.

mod checkout;

use std::path::Path;
use std::process::{Command, Stdio};

use checkout::{Ran, git, ran, repository};
use serde_json::Value;
use tempfile::TempDir;

/// A folder of somebody else's, with a program that counts: `cat` of a file of JSON lines.
struct Team {
    folder: TempDir,
}

impl Team {
    fn new() -> Self {
        Team { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// From now on the program counts this many statements and rows at sizes 5, 20, 80 and 320.
    fn counts(&self, statements: impl Fn(u64) -> f64, rows: impl Fn(u64) -> f64) {
        let line = |n: u64| {
            format!(
                "{{\"type\":\"counts\",\"size\":{n},\"counts\":{{\"statements\":{},\"rows\":{}}}}}\n",
                statements(n),
                rows(n)
            )
        };
        self.write("counts.jsonl", &[5, 20, 80, 320].map(line).concat());
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    /// `lab baseline ...`, where there is no checkout to be found.
    fn baseline(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
        command.arg("baseline").args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("CARGO_MANIFEST_DIR").env_remove("LAB_SMOKE");
        ran(command.output().expect("lab runs"))
    }

    /// The same, with standard output or standard error elsewhere.
    fn baseline_to(&self, arguments: &[&str], redirect: impl FnOnce(&mut Command)) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
        command.arg("baseline").args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("CARGO_MANIFEST_DIR").stdout(Stdio::piped()).stderr(Stdio::piped());
        redirect(&mut command);
        ran(command.output().expect("lab runs"))
    }

    fn save(&self, name: &str) -> Ran {
        self.baseline(&["save", name, "--folder", "kept", "--force", "--program", "cat", "counts.jsonl"])
    }

    fn compare(&self, names: &[&str]) -> Ran {
        self.baseline(&[&["compare", "--folder", "kept"], names].concat())
    }

    fn kept(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.path(&format!("kept/{name}.json"))).expect("it was saved");
        serde_json::from_str(&text).expect("JSON")
    }
}

fn three(_: u64) -> f64 {
    3.0
}

fn linear(n: u64) -> f64 {
    n as f64
}

#[test]
fn a_baseline_holds_until_a_count_gets_worse() {
    let team = Team::new();
    team.counts(three, linear);
    let saved = team.save("page");
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    let kept = team.kept("page");
    assert_eq!(kept["subjects"]["cat"]["counts"]["statements"]["at"]["320"], 3);
    assert_eq!(kept["subjects"]["cat"]["counts"]["rows"]["growth"]["class"], "linear");
    assert_eq!(kept["source"]["program"]["command"], serde_json::json!(["cat", "counts.jsonl"]));
    for field in ["schema", "name", "date", "machine", "toolchain", "repeats"] {
        assert!(!kept[field].is_null(), "{field}");
    }
    assert_eq!(team.compare(&["page"]).code, 0);

    team.counts(|n| 3.0 + n as f64, linear);
    let worse = team.compare(&["page"]);
    assert_eq!(worse.code, 1, "{}", worse.stderr);
    for said in ["statements: 3 -> 323 at size 320", "constant -> n", "lab baseline save page --force"] {
        assert!(worse.stdout.contains(said), "{said}: {}", worse.stdout);
    }
    let json: Value =
        serde_json::from_str(&team.baseline(&["compare", "page", "--folder", "kept", "--json"]).stdout).expect("JSON");
    assert_eq!(json["worse"], true);

    team.counts(|_| 2.0, linear);
    let better = team.compare(&["page"]);
    assert_eq!(better.code, 0);
    assert!(better.stdout.contains("better") && better.stdout.contains("Save anew"), "{}", better.stdout);
}

#[test]
fn a_row_of_files_tells_the_step_in_which_a_count_moved_and_runs_nothing() {
    let team = Team::new();
    team.counts(three, linear);
    team.save("month-01");
    team.save("month-02");
    team.counts(|n| 3.0 + n as f64, linear);
    team.save("month-03");
    std::fs::remove_file(team.path("counts.jsonl")).expect("it was there");
    let history = team.compare(&["month-01", "month-02", "month-03"]);
    assert_eq!(history.code, 1, "{}", history.stderr);
    let line = history.stdout.lines().find(|line| line.contains("statements")).expect("it moved");
    assert!(line.contains("month-03") && line.contains("3 -> 323 at size 320, constant -> n"), "{line}");
    assert!(history.stdout.contains("Nothing moved in month-02"), "{}", history.stdout);
    assert_eq!(team.compare(&["month-01", "month-02"]).code, 0);
    assert_eq!(team.compare(&["month-03", "month-02"]).code, 0, "a way back is no step down");
    let json: Value = serde_json::from_str(&team.compare(&["--json", "month-01", "month-03"]).stdout).expect("JSON");
    assert_eq!(json["steps"][0]["name"], "month-03");
}

#[test]
fn what_does_not_repeat_is_saved_with_its_spread() {
    let team = Team::new();
    // Every run counts one more than the one before.
    team.write(
        "unsteady.sh",
        "#!/bin/sh\necho >> runs\nrows=$(wc -l < runs)\necho \"{\\\"type\\\":\\\"counts\\\",\\\"size\\\":10,\\\"counts\\\":{\\\"cpu_ms\\\":$((100 + rows))}}\"\n",
    );
    let save = ["save", "cpu", "--folder", "kept", "--program", "sh", "unsteady.sh"];
    assert_eq!(team.baseline(&save).code, 0);
    let count = &team.kept("cpu")["subjects"]["sh"]["counts"]["cpu_ms"];
    assert_eq!(count["at"]["10"], 102, "the median of 101, 102 and 103");
    assert!(count["repeated"]["within"].as_f64().is_some_and(|share| (share - 1.0 / 102.0).abs() < 1e-3), "{count}");
    let compared = team.compare(&["cpu"]);
    assert_eq!(compared.code, 0, "{}", compared.stdout);
    assert!(compared.stdout.contains("did not repeat exactly"), "{}", compared.stdout);
}

#[test]
fn arguments_reach_the_program_as_they_are() {
    let team = Team::new();
    team.counts(three, linear);
    let odd = team.path("$(two words); --json");
    std::fs::rename(team.path("counts.jsonl"), &odd).expect("renamed");
    let ran =
        team.baseline(&["save", "odd", "--folder", "kept here", "--program", "cat", "-u", "$(two words); --json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("compare odd --folder 'kept here'"), "{}", ran.stdout);
    let compared = || team.baseline(&["compare", "odd", "--folder", "kept here"]);
    assert_eq!(compared().code, 0);
    // What is printed to be typed reaches it, too.
    team.counts(linear, linear);
    std::fs::rename(team.path("counts.jsonl"), &odd).expect("renamed");
    let again = "save odd --force --folder 'kept here' --program cat -u '$(two words); --json'";
    assert!(compared().stdout.contains(again), "{}", compared().stdout);
}

#[test]
fn what_cannot_be_kept_says_why_and_leaves_no_file() {
    let team = Team::new();
    team.write("none.jsonl", "hello\n");
    team.write("bad.jsonl", "{\"type\":\"counts\",\"size\":10,\"counts\":{\"statements\":\"many\"}}\n");
    team.write("twice.jsonl", &"{\"type\":\"counts\",\"size\":10,\"counts\":{\"statements\":3}}\n".repeat(2));
    for (program, says) in [
        (&["cat", "none.jsonl"][..], "printed no counts"),
        (&["cat", "bad.jsonl"], "cannot be read"),
        (&["cat", "twice.jsonl"], "twice at size 10"),
        (&["cat", "missing.jsonl"], "missing.jsonl"),
        (&["./not-there"], "Failed to run ./not-there"),
        (&["false"], "exit code 1"),
    ] {
        let ran = team.baseline(&[&["save", "x", "--folder", "kept", "--program"], program].concat());
        assert_eq!(ran.code, 3, "{program:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains(program[0]), "{program:?}: {}", ran.stderr);
        assert!(!team.path("kept/x.json").exists(), "{program:?}");
    }
}

#[test]
fn what_was_counted_is_shown_also_where_it_can_no_longer_be_kept() {
    let team = Team::new();
    team.counts(three, linear);
    for json in [false, true] {
        // The program itself puts a folder in the file's place.
        let script = "mkdir -p kept/x.json; cat counts.jsonl";
        let words = [&["save", "x", "--folder", "kept"][..], if json { &["--json"][..] } else { &[] }].concat();
        let ran = team.baseline(&[&words[..], &["--program", "sh", "-c", script]].concat());
        assert!(ran.code == 3 && ran.stderr.contains("kept/x.json"), "{ran:?}");
        assert!(ran.stdout.contains("statements") && !ran.stdout.contains("saved"), "{ran:?}");
        std::fs::remove_dir_all(team.path("kept")).expect("removed");
    }
    // What can be known before is known before.
    team.write("a-file", "");
    let ran = team.baseline(&["save", "x", "--folder", "a-file/kept", "--program", "touch", "has-run"]);
    assert!(ran.code == 3 && ran.stderr.contains("a-file/kept") && !team.path("has-run").exists(), "{ran:?}");
}

#[test]
fn a_saved_baseline_is_not_overwritten_by_accident() {
    let team = Team::new();
    team.counts(three, linear);
    team.save("page");
    let before = std::fs::read(team.path("kept/page.json")).expect("saved");
    team.counts(linear, linear);
    let again = team.baseline(&["save", "page", "--folder", "kept", "--program", "cat", "counts.jsonl"]);
    assert_eq!(again.code, 3);
    assert!(again.stderr.contains("--force"), "{}", again.stderr);
    assert_eq!(std::fs::read(team.path("kept/page.json")).expect("still there"), before);
    assert_eq!(std::fs::read_dir(team.path("kept")).expect("listed").count(), 1, "nothing half-written");
}

#[test]
fn names_that_are_no_names_and_files_that_are_no_baselines() {
    let team = Team::new();
    team.counts(three, linear);
    for name in ["", "a/b", "..", "../x", "month.1", "a b", "x.json"] {
        let ran = team.save(name);
        assert_eq!(ran.code, 2, "`{name}`: {}", ran.stderr);
        assert!(ran.stderr.contains("cannot be a baseline's name"), "{}", ran.stderr);
    }
    team.save("good");
    let unknown = team.compare(&["god"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("there: good"), "{}", unknown.stderr);
    let mut newer = team.kept("good");
    newer["schema"] = 99.into();
    team.write("kept/newer.json", &newer.to_string());
    let mut other_sizes = team.kept("good");
    other_sizes["subjects"]["cat"]["counts"]["rows"]["at"] = serde_json::json!({ "5": 5, "6": 6 });
    team.write("kept/other.json", &other_sizes.to_string());
    team.write("kept/half.json", "{\"schema\": 1, \"name\": \"half\"");
    team.write("kept/void.json", "{}");
    for (name, says) in
        [("newer", "update `lab`"), ("half", "is no baseline"), ("void", "no `schema`"), ("other", "not comparable")]
    {
        for names in [&["good", name][..], &[name]] {
            let ran = team.compare(names);
            assert_eq!(ran.code, 3, "{names:?}: {}", ran.stdout);
            assert!(ran.stderr.contains(says), "{names:?}: {}", ran.stderr);
        }
    }
    let homeless = team.baseline(&["save", "x", "--program", "cat", "counts.jsonl"]);
    assert_eq!(homeless.code, 2);
    assert!(homeless.stderr.contains("--folder"), "{}", homeless.stderr);
}

/// A lab of this checkout, with real builds. Nothing of the learner's is touched.
#[test]
fn a_lab_is_its_own_baseline() {
    let (state, kept) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let baseline = |arguments: &[&str]| baseline_in_checkout(arguments, state.path(), kept.path());
    let saved = baseline(&["save", "before", "1", "--quick", "--json"]);
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    let document: Value = serde_json::from_str(&saved.stdout).expect("JSON");
    let counts = &document["subjects"]["lab-01-string-building"]["counts"];
    assert_eq!(counts["bytes_requested"]["repeated"], "exactly", "{counts}");
    assert_eq!(document["source"]["labs"], serde_json::json!({ "seed": 7, "quick": true }));
    let compared = baseline(&["compare", "before"]);
    assert_eq!(compared.code, 0, "{}{}", compared.stdout, compared.stderr);
    assert_eq!(baseline(&["save", "other", "no-such-lab", "--quick"]).code, 2);
}

fn baseline_in_checkout(arguments: &[&str], state: &Path, kept: &Path) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
    command.arg("baseline").args(arguments).arg("--folder").arg(kept).current_dir(repository());
    ran(command.env("LAB_STATE", state).stdin(Stdio::null()).output().expect("lab runs"))
}

/// A reader that has gone is none of our business, and the code is the comparison's own. A full disk is: nobody has read the answer.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_nobody_could_read_is_no_answer() {
    let team = Team::new();
    team.counts(|n| n as f64, |n| n as f64);
    let full = || std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    let save = ["save", "before", "--folder", "kept", "--program", "cat", "counts.jsonl"];
    let lost = team.baseline_to(&save, |command| {
        command.stdout(full());
    });
    assert!(lost.code == 3 && lost.stderr.contains("standard output") && lost.stderr.contains("No space"), "{lost:?}");
    team.kept("before");
    team.counts(|n| 2.0 * n as f64, |n| n as f64);
    for arguments in
        [&["compare", "before", "--folder", "kept"][..], &["compare", "before", "--folder", "kept", "--json"]]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let unread = team.baseline_to(arguments, |command| {
            command.stdout(writer);
        });
        assert!(unread.code == 1 && unread.stderr.is_empty(), "{unread:?}");
        let lost = team.baseline_to(arguments, |command| {
            command.stdout(full());
        });
        assert_eq!(lost.code, 3, "{lost:?}");
        // Words on standard error are beside the answer.
        let unheard = team.baseline_to(arguments, |command| {
            command.stderr(full());
        });
        assert!(unheard.code == 1 && unheard.stdout.contains("statements"), "{unheard:?}");
    }
    assert_eq!(
        team.baseline_to(&["compare", "nothing", "--folder", "kept"], |command| {
            command.stderr(full());
        })
        .code,
        2
    );
    assert_eq!(
        team.baseline_to(&["--help"], |command| {
            command.stdout(full());
        })
        .code,
        3
    );
}

/// The program is somebody's own and sees all of their environment; git, which we ask for the commit, is ours and does not.
#[test]
fn what_steers_git_does_not_steer_the_commit() {
    let team = Team::new();
    team.counts(|n| n as f64, |n| n as f64);
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "all"],
    ] {
        assert!(git().arg("-C").arg(team.folder.path()).args(arguments).status().expect("git runs").success());
    }
    let save =
        ["save", "before", "--folder", "kept", "--program", "sh", "-c", "test -n \"$GIT_DIR\" && cat counts.jsonl"];
    let saved = team.baseline_to(&save, |command| {
        command.env("GIT_DIR", "/nonsense").env("GIT_INDEX_FILE", "/nonsense").env("GIT_CONFIG_COUNT", "nonsense");
    });
    assert_eq!(saved.code, 0, "{saved:?}");
    assert_eq!(team.kept("before")["commit"]["hash"].as_str().map(str::len), Some(40));
}
