//! What a build is told beyond its arguments: profile and flags do not depend on whose shell starts it, and what the user set for their
//! machine (a linker, a target CPU) stays.

use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

use crate::child::{self, Sees};

/// The release profile as our manifest has it, and Cargo's defaults. A user's variable or a user's configuration would replace both.
const RELEASE: [(&str, &str); 9] = [
    ("DEBUG", "1"),
    ("DEBUG_ASSERTIONS", "false"),
    ("INCREMENTAL", "false"),
    ("LTO", "false"),
    ("OPT_LEVEL", "3"),
    ("OVERFLOW_CHECKS", "false"),
    ("PANIC", "unwind"),
    ("SPLIT_DEBUGINFO", "off"),
    ("STRIP", "none"),
];

/// Where Cargo splits flags that have spaces in them.
const SEPARATOR: &str = "\x1f";

/// Names of functions and lines are in every program that somebody looks at, and every judged program is compiled in the same way.
/// A debugger tells who holds what by the types of local variables, which the level 1 does not have. Other people's crates have neither,
/// and are the same in both.
pub fn set_profile(command: &mut Command, for_debugger: bool) {
    for (key, _) in std::env::vars_os() {
        if key.to_string_lossy().starts_with("CARGO_PROFILE_") {
            command.env_remove(key);
        }
    }
    for (key, value) in RELEASE {
        command.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
    if for_debugger {
        command.env("CARGO_PROFILE_RELEASE_DEBUG", "2");
    }
    command.env_remove("CARGO_BUILD_INCREMENTAL").env("CARGO_INCREMENTAL", "0");
}

/// Where the user's own flags are, of which Cargo takes the first.
#[derive(Debug, PartialEq, Eq)]
enum Appended {
    /// In this variable, which hides every configuration: ours come after them.
    Encoded(String),
    /// In a configuration for all targets: Cargo joins `CARGO_BUILD_RUSTFLAGS` to it, be it a list or a text.
    ForAll(String),
    /// In one for the target that is built for: this one is joined to it.
    ForTarget(String),
}

/// Adds our flags behind the user's own.
pub fn append(command: &mut Command, ours: &[String], root: &Path) {
    if ours.is_empty() {
        return;
    }
    let variable = |name: &str| std::env::var(name).ok();
    let configurations = configurations(root);
    match appended(ours, variable, &configurations, &triple(&configurations)) {
        Appended::Encoded(flags) => command.env("CARGO_ENCODED_RUSTFLAGS", flags),
        Appended::ForAll(flags) => command.env("CARGO_BUILD_RUSTFLAGS", flags),
        Appended::ForTarget(line) => command.arg("--config").arg(line),
    };
}

fn appended(
    ours: &[String],
    variable: impl Fn(&str) -> Option<String>,
    configurations: &[Table],
    triple: &str,
) -> Appended {
    let encoded = variable("CARGO_ENCODED_RUSTFLAGS").map(|flags| flags.split(SEPARATOR).map(String::from).collect());
    let plain = || variable("RUSTFLAGS").map(|flags| flags.split_whitespace().map(String::from).collect());
    if let Some(theirs) = encoded.or_else(plain) {
        let theirs: Vec<String> = theirs;
        let all: Vec<&str> = theirs.iter().chain(ours).map(String::as_str).filter(|flag| !flag.is_empty()).collect();
        return Appended::Encoded(all.join(SEPARATOR));
    }
    let is_ours = |(key, section): (&String, &Value)| {
        (key == triple || key.starts_with("cfg(")) && section.get("rustflags").is_some()
    };
    let of_target = |table: &Table| {
        let targets = table.get("target").and_then(Value::as_table);
        targets.is_some_and(|targets| targets.iter().any(is_ours))
    };
    // Cargo joins the flags of all that fits the target, and then looks at no others.
    let upper = triple.to_uppercase().replace(['-', '.'], "_");
    if configurations.iter().any(of_target) || variable(&format!("CARGO_TARGET_{upper}_RUSTFLAGS")).is_some() {
        let list = Value::Array(ours.iter().map(|flag| flag.as_str().into()).collect());
        return Appended::ForTarget(format!("target.'cfg(all())'.rustflags={list}"));
    }
    let theirs = variable("CARGO_BUILD_RUSTFLAGS").unwrap_or_default();
    Appended::ForAll(format!("{theirs} {}", ours.join(" ")).trim_start().to_string())
}

/// The target that is built for: the user's, else the compiler's own; empty where there is no compiler to ask.
fn triple(configurations: &[Table]) -> String {
    let told = std::env::var("CARGO_BUILD_TARGET").ok().filter(|triple| !triple.is_empty());
    let configured = configurations.iter().find_map(|table| table.get("build")?.get("target")?.as_str());
    told.or_else(|| configured.map(String::from)).or_else(host).unwrap_or_default()
}

/// The compiler's own target.
pub(super) fn host() -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = child::command(rustc, Sees::Everything).arg("-vV").output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    said.lines().find_map(|line| line.strip_prefix("host: ").map(String::from))
}

/// Where Cargo keeps the user's configuration, and the crates that it fetched.
pub(super) fn cargo_home() -> Option<PathBuf> {
    let told = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    told.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
}

/// The configurations that Cargo reads in a folder: those of the folders above, and the user's.
fn configurations(root: &Path) -> Vec<Table> {
    let folders = root.ancestors().map(|folder| folder.join(".cargo")).chain(cargo_home());
    let files = folders.flat_map(|folder| ["config", "config.toml"].map(|name| folder.join(name)));
    files.filter_map(|file| std::fs::read_to_string(file).ok()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "x86_64-unknown-linux-gnu";

    fn ours() -> Vec<String> {
        vec!["-Cllvm-args=-align=6".into()]
    }

    #[test]
    fn the_users_flags_stay_and_ours_come_last() {
        let only = |wanted: &'static str, value: &'static str| move |name: &str| (name == wanted).then(|| value.into());
        let plain = appended(&ours(), only("RUSTFLAGS", "-C linker=/usr/bin/gcc"), &[], HERE);
        assert_eq!(plain, Appended::Encoded("-C\x1flinker=/usr/bin/gcc\x1f-Cllvm-args=-align=6".into()));
        let encoded = appended(&ours(), only("CARGO_ENCODED_RUSTFLAGS", "-Clinker=a b"), &[], HERE);
        assert_eq!(encoded, Appended::Encoded("-Clinker=a b\x1f-Cllvm-args=-align=6".into()));
        // An empty variable hides a configuration, for Cargo too.
        assert_eq!(
            appended(&ours(), only("RUSTFLAGS", ""), &[], HERE),
            Appended::Encoded("-Cllvm-args=-align=6".into())
        );
    }

    #[test]
    fn flags_in_a_configuration_are_joined_and_those_of_another_target_hide_none() {
        let none = |_: &str| None;
        let joined = |text: &str| appended(&ours(), none, &[text.parse::<Table>().expect("TOML")], HERE);
        let for_all = || Appended::ForAll("-Cllvm-args=-align=6".into());
        let for_target = || Appended::ForTarget("target.'cfg(all())'.rustflags=[\"-Cllvm-args=-align=6\"]".into());
        for build in [r#"["-Ctarget-cpu=native"]"#, r#""-C target-cpu=native""#] {
            let build = format!("[build]\nrustflags = {build}\n");
            assert_eq!(joined(&build), for_all());
            let other = "[target.wasm32-unknown-unknown]\nrustflags = [\"-Copt-level=1\"]";
            assert_eq!(joined(&(build + other)), for_all());
        }
        for target in [HERE, "'cfg(unix)'"] {
            assert_eq!(joined(&format!("[target.{target}]\nrustflags = [\"-Clinker=clang\"]")), for_target());
        }
        let variable =
            |wanted: &'static str| move |name: &str| (name == wanted).then(|| "-Ctarget-cpu=native".to_string());
        assert_eq!(
            appended(&ours(), variable("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS"), &[], HERE),
            for_target()
        );
        assert_eq!(appended(&ours(), variable("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS"), &[], HERE), for_all());
        assert_eq!(
            appended(&ours(), variable("CARGO_BUILD_RUSTFLAGS"), &[], HERE),
            Appended::ForAll("-Ctarget-cpu=native -Cllvm-args=-align=6".into())
        );
    }

    #[test]
    fn the_profile_is_ours() {
        for (for_debugger, debug) in [(false, "1"), (true, "2")] {
            let mut command = Command::new("cargo");
            set_profile(&mut command, for_debugger);
            let set =
                |key: &str| command.get_envs().find(|(name, _)| *name == key).and_then(|(_, value)| value?.to_str());
            assert_eq!(set("CARGO_PROFILE_RELEASE_STRIP"), Some("none"));
            assert_eq!(set("CARGO_PROFILE_RELEASE_DEBUG"), Some(debug));
            assert_eq!(set("CARGO_PROFILE_RELEASE_PANIC"), Some("unwind"));
        }
    }
}
