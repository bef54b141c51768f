//! What a program that we start may see of somebody's environment. Every child of `lab` is made here.

use std::ffi::{OsStr, OsString};
use std::process::Command;

/// Whose environment a program gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sees {
    /// What says who and where we are (`NAMES` and `FAMILIES`), and nothing that steers: a judge's programs, and tools that we use.
    #[default]
    Surroundings,
    /// Everything: what somebody runs or builds by their own hand, with Cargo's variables or an allocator's.
    Everything,
}

/// Variables that every program sees: how to find programs, libraries and toolchains, whose account this is, and which database.
const NAMES: [&str; 20] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "TERM",
    "COLUMNS",
    "NO_COLOR",
    "TZ",
    "LANG",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "DEVELOPER_DIR",
    "SDKROOT",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "DB",
    DATABASE_URL,
];

/// Beginnings of names that every program sees: ours, and the language that words are in.
const FAMILIES: [&str; 2] = ["LAB_", "LC_"];

/// A PostgreSQL server of somebody's own, with which go [`PG`].
const DATABASE_URL: &str = "DATABASE_URL";
/// PostgreSQL's own variables. They are about somebody's own server: the ones that we start must not obey them.
const PG: &str = "PG";

/// A command for a program that sees so much.
pub fn command(program: impl AsRef<OsStr>, sees: Sees) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(seen(std::env::vars_os(), sees));
    command
}

/// A tool whose words we read: it speaks English, and is steered by nobody.
pub fn tool(program: impl AsRef<OsStr>) -> Command {
    let mut command = command(program, Sees::Surroundings);
    command.env("LC_ALL", "C");
    command
}

fn seen(all: impl Iterator<Item = (OsString, OsString)>, sees: Sees) -> Vec<(OsString, OsString)> {
    let all: Vec<_> = all.collect();
    let has_server = all.iter().any(|(name, value)| name == DATABASE_URL && !value.is_empty());
    let is_seen = |name: &OsStr| {
        let name = name.to_string_lossy();
        let is_family = || FAMILIES.iter().any(|family| name.starts_with(family));
        match name.starts_with(PG) {
            true => has_server,
            false => sees == Sees::Everything || NAMES.contains(&&*name) || is_family(),
        }
    };
    all.into_iter().filter(|(name, _)| is_seen(name)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn names(all: &[(&str, &str)], sees: Sees) -> Vec<String> {
        let all = all.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        seen(all, sees).into_iter().map(|(name, _)| name.into_string().expect("Unicode")).collect()
    }

    #[test]
    fn what_steers_is_not_seen() {
        let steers = [
            "GIT_DIR",
            "GIT_INDEX_FILE",
            "GIT_CONFIG_COUNT",
            "PYTHONPATH",
            "PYTHONHOME",
            "VALGRIND_OPTS",
            "K6_VUS",
            "LOCUST_USERS",
            "PERF_CONFIG",
            "CRITERION_HOME",
            "LD_PRELOAD",
            "MALLOC_ARENA_MAX",
            "GLIBC_TUNABLES",
            "RUST_BACKTRACE",
            "RUST_LOG",
            "RUST_MIN_STACK",
            "TOKIO_CONSOLE_BIND",
            "DEBUGINFOD_URLS",
            "CARGO_TARGET_DIR",
        ];
        let all: Vec<_> =
            steers.into_iter().chain(["PATH", "LAB_STATE", "LC_CTYPE", "DB"]).map(|name| (name, "1")).collect();
        assert_eq!(names(&all, Sees::Surroundings), ["PATH", "LAB_STATE", "LC_CTYPE", "DB"]);
        assert_eq!(names(&all, Sees::Everything).len(), all.len());
    }

    #[test]
    fn postgresqls_variables_go_with_somebodys_own_server() {
        let ours = [("PGOPTIONS", "-c x=y"), ("DATABASE_URL", ""), ("MALLOC_ARENA_MAX", "1")];
        assert_eq!(names(&ours, Sees::Everything), ["DATABASE_URL", "MALLOC_ARENA_MAX"]);
        let theirs = [("PGPASSWORD", "secret"), ("DATABASE_URL", "postgres://host/shop")];
        for sees in [Sees::Surroundings, Sees::Everything] {
            assert_eq!(names(&theirs, sees), ["PGPASSWORD", "DATABASE_URL"]);
        }
    }

    /// Files below a folder.
    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("listed").map(|entry| entry.expect("an entry").path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    /// Our sources but this one, without their tests.
    fn programs() -> impl Iterator<Item = (PathBuf, String)> {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("shared/crates");
        let sources = ["lab-cli", "lab-core", "lab-dev"].map(|ours| files(&crates.join(ours).join("src")));
        sources.into_iter().flatten().filter(|file| !file.ends_with("child/environment.rs")).map(|file| {
            let text = std::fs::read_to_string(&file).expect("read");
            let program = text.split("mod tests {").next().unwrap_or_default().to_string();
            (file, program)
        })
    }

    #[test]
    fn no_word_is_printed_by_a_macro_that_panics_where_nobody_reads() {
        for (file, program) in programs() {
            assert!(
                !program.contains("print!(") && !program.contains("println!("),
                "{}: use say!, complain!, terminal::print or terminal::print_aside",
                file.display()
            );
        }
    }

    #[test]
    fn every_child_is_made_here() {
        for (file, program) in programs() {
            assert!(
                !program.contains("Command::new("),
                "{}: use child::command or child::tool, which say what of somebody's environment the child sees",
                file.display()
            );
        }
    }
}
