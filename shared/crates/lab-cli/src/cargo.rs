//! Builds, with progress while they last and the compiler's words when they fail.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use serde::Deserialize;

use crate::child::Running;
use crate::terminal::{say_stage, spinner};
use crate::workspace::{Workspace, create_folder};

/// A build to run.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// What people are told.
    pub title: String,
    /// Arguments after `cargo build --release`.
    pub arguments: Vec<String>,
    /// Another profile than `release`.
    pub profile: Option<&'static str>,
    /// Another workspace than ours.
    pub manifest: Option<PathBuf>,
    /// Another target folder than the shared one, for builds with flags of their own.
    pub target: Option<PathBuf>,
    /// `RUSTFLAGS`, one flag an entry.
    pub rustflags: Vec<String>,
}

/// What a build brought.
#[derive(Debug)]
pub enum Built {
    /// The executables, by package name.
    Done(Vec<(String, PathBuf)>),
    /// The compiler's words.
    Failed(String),
}

impl Built {
    /// The one executable of a package; a build that must not fail.
    pub fn executable(self, package: &str) -> Result<PathBuf> {
        match self {
            Built::Failed(words) => bail!("{package} does not compile:\n{words}"),
            Built::Done(executables) => executables
                .into_iter()
                .find_map(|(name, path)| (name == package).then_some(path))
                .with_context(|| format!("cargo built no program for {package}")),
        }
    }
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    executable: Option<PathBuf>,
}

/// Runs `cargo build`, with the profile `release` where the build has none of its own.
pub fn build(workspace: &Workspace, build: &Build) -> Result<Built> {
    create_folder(build.target.as_deref().unwrap_or(&workspace.target))?;
    let mut command = command(workspace, "build", build);
    command
        .args(["--profile", build.profile.unwrap_or("release"), "--message-format=json-render-diagnostics"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if build.title.contains(ONCE) {
        // Also where nothing turns: minutes of silence look like a hang.
        eprintln!("{} ...", build.title);
    }
    let bar = spinner(&build.title);
    let mut running = Running::start(&mut command)?;
    let messages = BufReader::new(running.child.stdout.take().context("stdout is piped")?);
    let words = listen(&mut running, &build.title, &bar)?;
    let mut executables = Vec::new();
    for line in messages.lines().map_while(Result::ok) {
        if let Ok(Message { reason, manifest_path, executable: Some(executable) }) = serde_json::from_str(&line)
            && reason == "compiler-artifact"
        {
            executables.push((package_name(&manifest_path), executable));
        }
    }
    let status = running.wait()?;
    let words = words.join().unwrap_or_default();
    bar.finish_and_clear();
    Ok(if status.success() { Built::Done(executables) } else { Built::Failed(words) })
}

/// Builds a program of somebody else's into our folder of tools; Cargo's words where that fails.
pub fn install(workspace: &Workspace, name: &str, version: &str) -> Result<std::result::Result<(), String>> {
    let tools = workspace.tools();
    create_folder(&tools)?;
    let root = tools.to_str().context("the target path is not Unicode")?;
    let scratch = tools.join("build");
    let build = Build {
        title: format!("Building {name}"),
        arguments: ["--locked", "--root", root, "--version", version, name].map(String::from).into(),
        target: Some(scratch.clone()),
        ..Build::default()
    };
    let bar = spinner(&build.title);
    let mut running = Running::start(command(workspace, "install", &build).stderr(Stdio::piped()))?;
    let words = listen(&mut running, &build.title, &bar)?;
    let status = running.wait()?;
    let words = words.join().unwrap_or_default();
    bar.finish_and_clear();
    if !status.success() {
        return Ok(Err(words));
    }
    // Some hundred megabytes that nobody needs any more; what was interrupted goes on from there.
    std::fs::remove_dir_all(&scratch).with_context(|| format!("Failed to tidy up {}", scratch.display()))?;
    Ok(Ok(()))
}

/// Reads what Cargo says on its standard error: shows what it compiles, returns the rest in the end.
fn listen(running: &mut Running, title: &str, bar: &ProgressBar) -> Result<JoinHandle<String>> {
    let stderr = running.child.stderr.take().context("stderr is piped")?;
    let (title, progress) = (title.to_string(), bar.clone());
    let report = move |name: &str| {
        let stage = format!("{title}: {name}");
        say_stage(&stage);
        progress.set_message(stage);
    };
    Ok(std::thread::spawn(move || follow(stderr, report)))
}

/// A Cargo command in our workspace (or the build's own), with its flags and its target folder.
pub fn command(workspace: &Workspace, verb: &str, build: &Build) -> Command {
    // Under `cargo lab`, CARGO is the very cargo that runs us; by hand it is the one on the PATH.
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(&workspace.root).arg(verb).args(&build.arguments).stdin(Stdio::null());
    if let Some(manifest) = &build.manifest {
        command.arg("--manifest-path").arg(manifest);
    }
    command.env("CARGO_TARGET_DIR", build.target.as_deref().unwrap_or(&workspace.target));
    if !build.rustflags.is_empty() {
        command.env("CARGO_ENCODED_RUSTFLAGS", build.rustflags.join("\x1f"));
    }
    let colour =
        if std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() { "always" } else { "never" };
    command.env("CARGO_TERM_COLOR", colour).env("CARGO_TERM_PROGRESS_WHEN", "never").env("CARGO_TERM_QUIET", "false");
    // What Cargo sets for us would make its own children build again.
    for (key, _) in std::env::vars_os() {
        let key = key.to_string_lossy().into_owned();
        if key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_") || key == "CARGO_BIN_NAME" {
            command.env_remove(key);
        }
    }
    command
}

/// Reads Cargo's messages: reports what it compiles, keeps the rest.
fn follow(stderr: impl Read, report: impl Fn(&str)) -> String {
    let mut words = String::new();
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        let plain = anstream::adapter::strip_str(&line).to_string();
        match plain.trim_start().split_once(' ') {
            Some((step @ ("Compiling" | "Downloading" | "Downloaded" | "Building"), rest)) => {
                report(&format!("{} {}", step.to_lowercase(), rest.split(" (").next().unwrap_or(rest)));
            }
            Some(("Blocking", _)) => report("waiting for another build"),
            Some(("Finished" | "Locking" | "Updating" | "Adding" | "Fresh" | "Removing", _)) => {}
            _ => {
                words.push_str(&line);
                words.push('\n');
            }
        }
    }
    words
}

/// A package's name as its folder or manifest has it.
fn package_name(manifest: &Path) -> String {
    std::fs::read_to_string(manifest)
        .ok()
        .and_then(|text| text.parse::<toml::Table>().ok())
        .and_then(|table| table.get("package")?.get("name")?.as_str().map(str::to_string))
        .unwrap_or_default()
}

/// What takes long to compile, by the crate that tells whether it was: what it is and why it is needed.
const HEAVY: &[(&str, &str, &str)] = &[
    ("sqlx_core", "database", "sqlx and SQLite's C code (about two minutes on two cores)"),
    ("axum", "service", "axum and tokio"),
    ("hyper", "load", "hyper and tokio (about half a minute)"),
    ("maud", "pages", "maud, plotters and pulldown-cmark (a few seconds)"),
    ("pprof", "profile", "pprof and inferno (about half a minute)"),
    ("inferno", "flame", "inferno (about half a minute)"),
    ("dhat", "heap", "dhat (about half a minute)"),
    ("tikv_jemalloc_sys", "jemalloc", "jemalloc, in C (about a minute)"),
    ("criterion", "bench", "Criterion (about a minute)"),
    ("dial9", "tasks", "dial9 and a tokio with its hooks (about a minute and a half)"),
    ("console_subscriber", "console", "console-subscriber and a tokio with tracing (about two minutes)"),
    ("lab_harness", "", "the harness"),
];

/// What needs no harness: programs of ours that no lab is part of.
const WITHOUT_HARNESS: [&str; 2] = ["load", "pages"];

/// Says of a build that it will not take as long again.
const ONCE: &str = "this once";

/// A build's title. When something heavy is compiled for the first time it says what, and that it is this once.
pub fn title(target: &Path, package: &str, needs: &[&str]) -> String {
    title_in(&target.join("release"), package, needs)
}

/// The same of a build with a profile of its own, which has a folder of this name in the target folder.
pub fn title_in(profile: &Path, package: &str, needs: &[&str]) -> String {
    let compiled: Vec<String> = std::fs::read_dir(profile.join("deps"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| name.ends_with(".rlib"))
        .collect();
    let is_compiled = |krate: &str| compiled.iter().any(|name| name.starts_with(&format!("lib{krate}-")));
    let has_harness = !needs.iter().any(|need| WITHOUT_HARNESS.contains(need));
    let first: Vec<&str> = HEAVY
        .iter()
        .filter(|(krate, need, _)| (needs.contains(need) || need.is_empty() && has_harness) && !is_compiled(krate))
        .map(|(_, _, what)| *what)
        .collect();
    if first.is_empty() {
        format!("Building {package}")
    } else {
        format!("Building {package}; {ONCE} also {}", first.join(", "))
    }
}
