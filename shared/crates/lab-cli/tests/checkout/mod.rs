//! A copy of the checkout to run `lab` in, so that no test touches the learner's own files.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

pub mod processes;

/// A copy without git and without builds.
pub struct Checkout {
    _folder: Option<TempDir>,
    pub root: PathBuf,
}

/// What `lab` reads.
const PARTS: [&str; 8] =
    ["labs", "solutions", ".cargo", "Cargo.toml", "Cargo.lock", "README.md", "Makefile", "rust-toolchain.toml"];

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The repository that is being tested.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("shared/crates/lab-cli").to_path_buf()
}

impl Checkout {
    /// Copies what `lab` reads into a folder whose name has spaces: the labs as they are in the checkout now.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("a path with spaces");
        for part in PARTS.iter().chain(&["shared/crates/lab-cli/Cargo.toml"]) {
            copy(&repository().join(part), &root.join(part));
        }
        // What judges is only read.
        for (parent, copied) in [("shared", "crates"), ("shared/crates", "lab-cli")] {
            for entry in std::fs::read_dir(repository().join(parent)).expect("listed") {
                let entry = entry.expect("an entry");
                if entry.file_name() != copied {
                    std::os::unix::fs::symlink(entry.path(), root.join(parent).join(entry.file_name()))
                        .expect("linked");
                }
            }
        }
        Checkout { _folder: Some(folder), root }
    }

    /// A fresh copy in which labs can be built. It is always in the same place, so that only the first of all runs compiles what the
    /// labs stand on: one test at a time.
    pub fn to_build_in() -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a checkout to build in");
        std::fs::create_dir_all(&root).expect("created");
        for part in PARTS {
            let _ = std::fs::remove_dir_all(root.join(part));
            copy(&repository().join(part), &root.join(part));
        }
        let shared = root.join("shared");
        let _ = std::fs::remove_file(&shared);
        std::os::unix::fs::symlink(repository().join("shared"), shared).expect("linked");
        let _ = std::fs::remove_dir_all(root.join("target/lab/lab-01-string-building/runs"));
        Checkout { _folder: None, root }
    }

    /// The program of the crate under test, `lab` or `lab-dev`, in the copy, as the shell would run it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        processes::take_the_defaults_for_our_children();
        let program = option_env!("CARGO_BIN_EXE_lab").or(option_env!("CARGO_BIN_EXE_lab-dev"));
        let mut command = Command::new(program.expect("a program of the crate under test"));
        command
            .env_remove("COLUMNS")
            .env_remove("CLICOLOR_FORCE")
            .args(arguments)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env_remove("LAB_STATE")
            .env_remove("LAB_CI")
            .env_remove("MAKELEVEL")
            .env_remove("CARGO_MANIFEST_DIR")
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn lab(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().expect("lab runs"))
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, text).expect("written");
    }

    /// Makes the copy a git checkout with everything committed.
    pub fn commit(&self) {
        for arguments in [
            vec!["init", "--quiet"],
            vec!["add", "--all"],
            vec!["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "all"],
        ] {
            let status = git().arg("-C").arg(&self.root).args(&arguments).status().expect("git runs");
            assert!(status.success(), "git {arguments:?}");
        }
    }
}

/// Whether a program is there. Where it is not, a test is skipped, and this says what that leaves out; CI installs it, so that there it fails.
pub fn is_installed(program: &str, left_out: &str) -> bool {
    let is_there = which::which(program).is_ok();
    if !is_there {
        println!("skipped: {left_out}");
        assert!(std::env::var_os("LAB_CI").is_none(), "CI installs {program}");
    }
    is_there
}

/// git that nobody steers, neither by variables nor by a configuration at home.
pub fn git() -> Command {
    let mut git = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        git.env_remove(name);
    }
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    git
}

/// An output as text.
pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("created");
        for entry in std::fs::read_dir(from).expect("listed") {
            let entry = entry.expect("an entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("created");
        std::fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}
