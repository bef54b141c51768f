//! What is run is what is there, and whoever waits for a build is told: `scripts/lab`, with a Cargo that only copies, and `lab`'s own.

mod checkout;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use checkout::{Checkout, Ran, ran, repository};
use tempfile::TempDir;

/// "Compiles" the source, which is a shell script, by copying it; like Cargo it goes by time stamps.
const CARGO: &str = r#"#!/bin/sh
target="${CARGO_TARGET_DIR:-${CARGO_BUILD_TARGET_DIR:-$PWD/target}}"
lab="$target/release/lab" source=shared/crates/lab-cli/src/main.rs
record="$target/release/.fingerprint/lab-core-0123abcd"
case "$1" in
clean) rm -f "$lab" && : >cleaned ;;
metadata) [ ! -e broken ] || { echo 'error: failed to load manifest for workspace member `/x/labs/lab-01-tiny`' >&2; exit 101; } ;;
build)
    [ ! -e broken ] || exit 101
    fresh=true
    if [ ! -e "$lab" ] || [ ! -d "$record" ] || [ -n "$(find $source -newer "$lab")" ]; then
        fresh=false
        mkdir -p "$record" && cp $source "$lab" && chmod +x "$lab"
    fi
    json="$(printf '%s' "$lab" | sed 's/["\\]/\\&/g')"
    library="$(printf '%s' "$target/release/deps/liblab_core-0123abcd.rlib" | sed 's/["\\]/\\&/g')"
    printf '%s\n' "{\"manifest_path\":\"$PWD/shared/crates/lab-core/Cargo.toml\",\"filenames\":[\"$library\"],\"fresh\":$fresh}"
    printf '%s\n' "{\"manifest_path\":\"$PWD/shared/crates/lab-cli/Cargo.toml\",\"executable\":\"$json\",\"fresh\":$fresh}" ;;
esac
"#;

const SOURCE: &str = "shared/crates/lab-cli/src/main.rs";

/// A checkout with nothing but the script and what it looks at.
struct Tiny {
    folder: TempDir,
}

impl Tiny {
    fn new() -> Self {
        let tiny = Tiny { folder: tempfile::tempdir().expect("a temporary folder") };
        for path in ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml"] {
            tiny.write(path, "");
        }
        for name in ["lab-report", "lab-results"] {
            tiny.write(&format!("shared/crates/{name}/Cargo.toml"), "");
        }
        tiny.write("scripts/lab", &std::fs::read_to_string(repository().join("scripts/lab")).expect("read"));
        tiny.write("bin/cargo", CARGO);
        std::fs::set_permissions(tiny.path("bin/cargo"), PermissionsExt::from_mode(0o755)).expect("set");
        tiny.says_in_its_source("A");
        tiny
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::create_dir_all(self.path(path).parent().expect("a folder")).expect("created");
        std::fs::write(self.path(path), text).expect("written");
    }

    /// An edit after all that was built.
    fn says_in_its_source(&self, word: &str) {
        self.write(SOURCE, &format!("#!/bin/sh\necho {word} \"$0\"\n"));
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("timeout");
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").expect("a PATH"));
        command.args(["20", "sh", program]).current_dir(self.folder.path()).env("PATH", path);
        for steers in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_TARGET", "LAB_STATE"] {
            command.env_remove(steers);
        }
        command
    }

    fn lab(&self) -> Ran {
        ran(self.command("scripts/lab").output().expect("sh runs"))
    }

    /// Somebody's own `cargo build`.
    fn cargo(&self) {
        assert!(self.command("bin/cargo").arg("build").stdout(Stdio::null()).status().expect("sh runs").success());
    }
}

fn set_modified(path: &Path, at: SystemTime) {
    File::options().append(true).open(path).expect("opened").set_modified(at).expect("set");
}

#[test]
fn the_script_runs_what_is_there_whoever_built_in_between() {
    let tiny = Tiny::new();
    let old = SystemTime::now() - Duration::from_secs(60);
    set_modified(&tiny.path(SOURCE), old);
    assert!(tiny.lab().stdout.starts_with("A "));
    let aside = tiny.path("aside");
    for has_state in [true, false] {
        std::fs::rename(tiny.path(SOURCE), &aside).expect("moved");
        tiny.says_in_its_source("B");
        std::fs::remove_file(tiny.path("target/release/lab")).expect("removed");
        tiny.cargo();
        std::fs::rename(&aside, tiny.path(SOURCE)).expect("moved back");
        if !has_state {
            std::fs::remove_dir_all(tiny.path(".lab")).expect("removed");
        }
        let _ = std::fs::remove_file(tiny.path("cleaned"));
        for _ in 0..2 {
            let ran = tiny.lab();
            assert!(ran.stdout.starts_with("A "), "{ran:?}");
        }
        // A clean takes away what `cargo test` is about to run.
        assert_eq!(tiny.path("cleaned").exists(), has_state);
    }
}

#[test]
fn a_folder_or_a_pipe_in_the_place_of_the_scripts_note_stops_nobody() {
    for make in ["mkdir", "mkfifo"] {
        let tiny = Tiny::new();
        std::fs::create_dir(tiny.path(".lab")).expect("created");
        assert!(Command::new(make).arg(tiny.path(".lab/program")).status().expect("it runs").success());
        for _ in 0..2 {
            let ran = tiny.lab();
            assert!(ran.code == 0 && ran.stdout.starts_with("A ") && !ran.stderr.contains("cat:"), "{make}: {ran:?}");
        }
    }
}

#[test]
fn a_variable_that_sends_builds_elsewhere_does_so_only_while_it_is_set() {
    let tiny = Tiny::new();
    let there = tiny.path("there");
    let elsewhere = tiny.command("scripts/lab").env("CARGO_BUILD_TARGET_DIR", &there).output();
    assert_eq!(ran(elsewhere.expect("sh runs")).stdout, format!("A {}\n", there.join("release/lab").display()));
    assert_eq!(tiny.lab().stdout, format!("A {}\n", tiny.path("target/release/lab").display()));
}

#[test]
fn a_folder_with_a_quote_or_a_backslash_in_its_name_is_one_as_any() {
    let tiny = Tiny::new();
    for name in ["a\"quote", r"a\backslash", r#"a\"both\\"#, "it's"] {
        let there = tiny.path(name);
        let ran = ran(tiny.command("scripts/lab").env("CARGO_TARGET_DIR", &there).output().expect("sh runs"));
        assert!(ran.code == 0 && there.join("release/lab.built-from").is_file(), "{name}: {ran:?}");
    }
}

/// A shell that may write no file of any length meets what a full disk answers.
#[test]
fn a_full_disk_is_left_nothing_half_written() {
    let tiny = Tiny::new();
    assert_eq!(tiny.lab().code, 0);
    let folders = [tiny.path(".lab"), tiny.path("target/release")];
    std::fs::remove_file(tiny.path(".lab/program")).expect("removed");
    tiny.write("full", "trap '' XFSZ\nulimit -f 0\nexec sh scripts/lab\n");
    let ran = ran(tiny.command("./full").output().expect("sh runs"));
    assert!(ran.code == 0 && ran.stdout.starts_with("A "), "{ran:?}");
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("listed"));
    let mut left: Vec<_> = files.map(|file| file.expect("an entry").file_name()).collect();
    left.sort();
    assert_eq!(left, [".fingerprint", "lab", "lab.built-from"]);
}

#[test]
fn a_broken_manifest_that_keeps_the_program_from_being_built_is_named_with_what_puts_it_back() {
    let tiny = Tiny::new();
    assert_eq!(tiny.lab().code, 0);
    tiny.write("broken", "");
    assert_eq!(tiny.lab().code, 0, "nothing has to be built");
    tiny.says_in_its_source("B");
    let ran = tiny.lab();
    assert!(ran.code == 3 && ran.stderr.contains("git checkout -- '/x/labs/lab-01-tiny/Cargo.toml'"), "{ran:?}");
}

/// Criterion's words stop it where nobody reads them, as those of this Cargo do.
#[test]
fn a_bench_whose_reader_has_gone_goes_on_to_its_end() {
    let checkout = Checkout::new();
    checkout.write("cargo", "#!/bin/sh\ntrap '' PIPE\nfor n in 1 2 3; do echo a line || exit 101; done\n");
    let cargo = checkout.root.join("cargo");
    std::fs::set_permissions(&cargo, PermissionsExt::from_mode(0o755)).expect("set");
    let bench = |stdout: Stdio| {
        let mut command = checkout.command(&["bench", "1"]);
        ran(command
            .env("CARGO", &cargo)
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .and_then(|lab| lab.wait_with_output())
            .expect("lab runs"))
    };
    let read = bench(Stdio::piped());
    assert!(read.code == 0 && read.stdout.matches("a line\n").count() == 3, "{read:?}");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let unread = bench(writer.into());
    assert_eq!(unread.code, 0, "{unread:?}");
    std::fs::write(&cargo, "#!/bin/sh\nexit 101\n").expect("written");
    assert_eq!(bench(Stdio::piped()).code, 3);
}

#[test]
fn what_is_edited_while_it_is_built_is_nobodys_profile() {
    let checkout = Checkout::new();
    let source = "labs/lab-01-string-building/src/manifest.rs";
    let message = r#"{"reason":"compiler-artifact","manifest_path":"'"$PWD"'/labs/lab-01-string-building/Cargo.toml","executable":"/bin/true"}"#;
    checkout.write("cargo", &format!("#!/bin/sh\necho '// mine' >>{source}\necho '{message}'\n"));
    let cargo = checkout.root.join("cargo");
    std::fs::set_permissions(&cargo, PermissionsExt::from_mode(0o755)).expect("set");
    let mut profile = checkout.command(&["profile", "1", "--smoke"]);
    let profile = ran(profile.env("CARGO", &cargo).output().expect("lab runs"));
    assert!(profile.code == 3 && profile.stderr.contains("while it was built"), "{profile:?}");
    assert!(!checkout.root.join("target/lab/lab-01-string-building/profile").exists());
}

#[test]
fn whoever_waits_for_another_build_is_told() {
    let checkout = Checkout::new();
    checkout.write("target/release/.fingerprint/none", "");
    checkout.write("target/release/.cargo-lock", "");
    let lock = File::open(checkout.root.join("target/release/.cargo-lock")).expect("opened");
    lock.lock().expect("locked");
    let mut lab =
        checkout.command(&["reproduce", "1"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("lab runs");
    let mut lines = BufReader::new(lab.stderr.take().expect("piped")).lines().map_while(Result::ok);
    // It is told before it waits; the lock goes for a test that is not told.
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(10));
        drop(lock);
    });
    let first = lines.next();
    lab.kill().expect("ended");
    lab.wait().expect("it ends");
    assert!(first.as_ref().is_some_and(|line| line.contains("Another build is running")), "{first:?}");
}
